/// The files of the page, embedded in the binary.
public enum WebFile: String, Sendable, CaseIterable {
  case page = "/"
  case style = "/chainrule.css"
  case script = "/chainrule.js"

  public var bytes: [UInt8] {
    switch self {
    case .page: PackageResources.index_html
    case .style: PackageResources.chainrule_css
    case .script: PackageResources.chainrule_js
    }
  }

  public var mediaType: String {
    switch self {
    case .page: "text/html; charset=utf-8"
    case .style: "text/css; charset=utf-8"
    case .script: "text/javascript; charset=utf-8"
    }
  }
}
