/// Writes HTML: what is text is escaped, what is markup is made here alone.
struct HTML {
  private(set) var markup = ""

  mutating func element(
    _ name: String, _ attributes: [(String, String)] = [], _ body: (inout HTML) -> Void
  ) {
    markup += "<\(name)"
    for (attribute, value) in attributes { markup += " \(attribute)=\"\(Self.escaped(value))\"" }
    markup += ">"
    body(&self)
    markup += "</\(name)>"
  }

  mutating func element(
    _ name: String, _ attributes: [(String, String)] = [], text: String
  ) {
    element(name, attributes) { $0.text(text) }
  }

  /// Text in which `code` stands between backquotes, as docstrings have it.
  mutating func text(_ text: String) {
    for (index, part) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
      let escaped = Self.escaped(String(part))
      markup += index % 2 == 1 ? "<code>\(escaped)</code>" : escaped
    }
  }

  /// Text as it stands.
  mutating func plain(_ text: String) { markup += Self.escaped(text) }

  mutating func link(_ target: String, _ text: String) {
    element("a", [("href", target)]) { $0.plain(text) }
  }

  mutating func row(_ cells: [(inout HTML) -> Void]) {
    element("tr") { html in
      for cell in cells { html.element("td") { cell(&$0) } }
    }
  }

  mutating func table(_ heads: [String], _ body: (inout HTML) -> Void) {
    element("div", [("class", "wide")]) { html in
      html.element("table") { html in
        html.element("thead") { html in
          html.element("tr") { html in for head in heads { html.element("th", text: head) } }
        }
        html.element("tbody") { body(&$0) }
      }
    }
  }

  /// A whole page.
  ///
  /// - Parameter root: the way from the page to the server's root, which a proxy may have put anywhere.
  static func page(title: String, root: String = "", _ body: (inout HTML) -> Void) -> String {
    var html = HTML()
    html.element("main") { body(&$0) }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escaped(title))</title>
      <link rel="stylesheet" href="\(root)app/style.css">
      </head>
      <body>
      \(html.markup)
      </body>
      </html>

      """
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
