/// A file of the dashboard, embedded in the binary.
public struct WebFile: Sendable {
  /// As the page asks for it, such as `runs.js`.
  public let name: String
  public let bytes: [UInt8]

  /// The page itself; all else is a file that it loads.
  public static let page = WebFile(name: "index.html", bytes: PackageResources.index_html)
  public static let files = [
    WebFile(name: "icon.svg", bytes: PackageResources.icon_svg),
    WebFile(name: "style.css", bytes: PackageResources.style_css),
    WebFile(name: "main.js", bytes: PackageResources.main_js),
    WebFile(name: "api.js", bytes: PackageResources.api_js),
    WebFile(name: "dom.js", bytes: PackageResources.dom_js),
    WebFile(name: "format.js", bytes: PackageResources.format_js),
    WebFile(name: "plot.js", bytes: PackageResources.plot_js),
    WebFile(name: "curves.js", bytes: PackageResources.curves_js),
    WebFile(name: "findings.js", bytes: PackageResources.findings_js),
    WebFile(name: "gradients.js", bytes: PackageResources.gradients_js),
    WebFile(name: "runs.js", bytes: PackageResources.runs_js),
    WebFile(name: "run.js", bytes: PackageResources.run_js),
    WebFile(name: "model.js", bytes: PackageResources.model_js),
    WebFile(name: "compare.js", bytes: PackageResources.compare_js),
    WebFile(name: "create.js", bytes: PackageResources.create_js),
    WebFile(name: "editor.js", bytes: PackageResources.editor_js),
    WebFile(name: "splits.js", bytes: PackageResources.splits_js),
    WebFile(name: "datasets.js", bytes: PackageResources.datasets_js),
    WebFile(name: "digits.csv.gz", bytes: PackageResources.digits_csv_gz),
  ]

  public var mediaType: String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "svg": "image/svg+xml"
    case "js": "text/javascript; charset=utf-8"
    default: "application/gzip"
    }
  }
}
