import JSON

/// JSON Schemas in words.
enum SchemaText {
  private static let prefix = "#/components/schemas/"

  /// A schema's members, one a row.
  static func section(_ name: String, _ schema: JSON, _ html: inout HTML) {
    html.element("section", [("id", "schema-\(name)")]) { html in
      html.element("h3", text: name)
      if let text = schema["description"]?.string { html.element("p", text: text) }
      recorded(name, &html)
      guard let members = schema["properties"]?.object?.members, !members.isEmpty else {
        html.element("p") { type(schema, &$0) }
        return
      }
      let required = Set(schema["required"]?.array?.compactMap(\.string) ?? [])
      html.table(["Member", "Type", ""]) { html in
        for (member, value) in members {
          html.row([
            { $0.element("code") { $0.plain(member) } },
            { html in
              type(value, &html)
              if !required.contains(member) { html.plain(", optional") }
            },
            { $0.text(value["description"]?.string ?? "") },
          ])
        }
      }
    }
  }

  /// An answer of this schema that a server gave, if there is one.
  private static func recorded(_ name: String, _ html: inout HTML) {
    guard let value = RecordedAnswers.value(named: name) else { return }
    html.element("details") { html in
      html.element("summary", text: "An answer")
      html.element("pre") { $0.plain(String(decoding: value.encoded(pretty: true), as: UTF8.self)) }
    }
  }

  /// What a value may be, on one line.
  static func type(_ schema: JSON, _ html: inout HTML) {
    if let target = schema["$ref"]?.string, target.hasPrefix(prefix) {
      let name = String(target.dropFirst(prefix.count))
      html.link("#schema-\(name)", name)
    } else if let choices = (schema["anyOf"] ?? schema["oneOf"])?.array {
      for (index, choice) in choices.enumerated() {
        if index > 0 { html.plain(" or ") }
        type(choice, &html)
      }
    } else if let values = schema["enum"]?.array {
      html.plain(values.map { $0.string ?? "\($0)" }.joined(separator: ", "))
    } else if let items = schema["items"] {
      html.plain("array of ")
      type(items, &html)
    } else if let values = schema["additionalProperties"], values.object != nil {
      html.plain("object of ")
      type(values, &html)
    } else {
      html.plain(plain(schema))
    }
  }

  private static func plain(_ schema: JSON) -> String {
    var text =
      switch schema["type"] {
      case .string(let name)?: name
      case .array(let names)?: names.compactMap(\.string).joined(separator: " or ")
      default: schema["const"].map { $0.string ?? "\($0)" } ?? "anything"
      }
    if let format = schema["format"]?.string { text += " (\(format))" }
    switch (schema["minimum"], schema["maximum"]) {
    case (let least?, let most?): text += " from \(least) to \(most)"
    case (let least?, nil): text += " from \(least)"
    case (nil, let most?): text += " up to \(most)"
    case (nil, nil): break
    }
    return text
  }
}
