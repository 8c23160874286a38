import JSON

/// `/docs`: every operation and every schema on one page, made from the same table as `openapi.yaml`.
enum APIPage {
  static let html = HTML.page(title: "Chainrule: the API") { html in
    html.element("h1", text: "The API")
    html.element("p", text: OpenAPIDocument.introduction)
    html.element("p") { html in
      html.plain("Also as ")
      html.link("/openapi.yaml", "OpenAPI 3.1")
      html.plain("; documents that you write have ")
      html.link("/v1/schemas", "schemas for editors")
      html.plain(".")
    }
    contents(&html)
    for tag in Endpoint.Tag.allCases {
      let endpoints = EndpointTable.all.filter { $0.tag == tag }
      if endpoints.isEmpty { continue }
      html.element("h2", [("id", tag.rawValue)], text: tag.rawValue.capitalized)
      html.element("p", text: tag.summary)
      for endpoint in endpoints { operation(endpoint, &html) }
    }
    html.element("h2", [("id", "schemas")], text: "Schemas")
    for (name, schema) in Components.schemas { SchemaText.section(name, schema.json, &html) }
  }

  private static func contents(_ html: inout HTML) {
    html.element("nav") { html in
      for tag in Endpoint.Tag.allCases {
        let endpoints = EndpointTable.all.filter { $0.tag == tag }
        if endpoints.isEmpty { continue }
        html.element("details") { html in
          html.element("summary", text: "\(tag.rawValue.capitalized) (\(endpoints.count))")
          html.element("ul") { html in
            for endpoint in endpoints {
              html.element("li") { html in
                html.link("#\(endpoint.operationID)", "\(verb(endpoint)) \(endpoint.path)")
                html.text(" \(endpoint.summary)")
              }
            }
          }
        }
      }
    }
  }

  private static func verb(_ endpoint: Endpoint) -> String {
    endpoint.method.rawValue.uppercased()
  }

  private static func operation(_ endpoint: Endpoint, _ html: inout HTML) {
    html.element("section", [("id", endpoint.operationID)]) { html in
      html.element("h3") { html in
        html.element("span", [("class", "verb")]) { $0.plain(verb(endpoint)) }
        html.plain(" \(endpoint.path)")
      }
      html.element("p") { html in
        html.text(endpoint.summary)
        html.plain(". ")
        html.element("em") { $0.plain(audience(endpoint)) }
      }
      if let description = endpoint.description { html.element("p", text: description) }
      parameters(endpoint, &html)
      if let body = endpoint.body { self.body(body, &html) }
      html.element("pre") { $0.plain(example(endpoint)) }
      answers(endpoint, &html)
    }
  }

  private static func audience(_ endpoint: Endpoint) -> String {
    switch endpoint.requiredAudience {
    case .everyone: "No key is needed."
    case .anyKey: "Any key will do."
    case .scope(let scope): "Scope \(scope.rawValue)."
    }
  }

  private static func parameters(_ endpoint: Endpoint, _ html: inout HTML) {
    if endpoint.query.isEmpty, endpoint.headers.isEmpty { return }
    html.table(["Parameter", "In", "Type", "Default", ""]) { html in
      for field in endpoint.query {
        let type = Schema(field).json
        html.row([
          { $0.element("code") { $0.plain(field.name) } }, { $0.plain("query") },
          { SchemaText.type(type, &$0) },
          { $0.plain(field.defaultValue.map { $0.string ?? "\($0)" } ?? "") },
          { $0.text(field.summary) },
        ])
      }
      for header in endpoint.headers {
        html.row([
          { $0.element("code") { $0.plain(header.name) } }, { $0.plain("header") },
          { SchemaText.type(header.schema.json, &$0) }, { $0.plain("") },
          { $0.text(header.summary) },
        ])
      }
    }
  }

  private static func body(_ body: BodyDescription, _ html: inout HTML) {
    html.element("p") { html in
      html.plain(body.isRequired ? "Body: " : "Body, which may be left out: ")
      for (index, (mediaType, schema)) in body.content.enumerated() {
        if index > 0 { html.plain(", or ") }
        html.element("code") { $0.plain(mediaType) }
        html.plain(" ")
        SchemaText.type(schema.json, &html)
      }
      html.plain(".")
    }
  }

  private static func answers(_ endpoint: Endpoint, _ html: inout HTML) {
    html.table(["Status", "", "Body"]) { html in
      for answer in endpoint.answers {
        html.row([
          { $0.plain("\(answer.status)") }, { $0.text(answer.summary) },
          { html in
            for (index, (mediaType, schema)) in answer.content.enumerated() {
              if index > 0 { html.plain(", or ") }
              html.element("code") { $0.plain(mediaType) }
              html.plain(" ")
              SchemaText.type(schema.json, &html)
            }
          },
        ])
      }
      for kind in endpoint.allProblems {
        html.row([
          { $0.plain("\(kind.status)") },
          { $0.link("/problems/\(kind.rawValue)", kind.title) },
          { SchemaText.type(Schema.reference("Problem").json, &$0) },
        ])
      }
    }
  }

  /// The request as one would type it.
  private static func example(_ endpoint: Endpoint) -> String {
    var words = ["curl"]
    if endpoint.method != .get { words.append("-X \(verb(endpoint))") }
    if endpoint.requiredAudience != .everyone {
      words.append("-H 'Authorization: Bearer chainrule_…'")
    }
    if let body = endpoint.body {
      if body.content.contains(where: { $0.mediaType == MediaType.json }) {
        words.append("-H 'Content-Type: application/json'")
        words.append("-d '\(body.example.map { "\($0)" } ?? "{…}")'")
      } else {
        words.append("--data-binary @file")
      }
    }
    words.append("http://localhost:8080\(endpoint.path)")
    return words.joined(separator: " \\\n  ")
  }
}
