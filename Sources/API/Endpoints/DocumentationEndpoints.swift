import HTTP
import JSON
import Web

/// What the API says of itself, for people, editors and programs.
enum DocumentationEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/openapi.yaml", operationID: "getOpenAPIDocument", tag: .documentation,
      summary: "This document", headers: [.ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "OpenAPI 3.1.", content: [(MediaType.yaml, .anything)],
          headers: [Answer.etag]), .notModified,
      ]
    ) { _, call in
      call.tagged(yaml, mediaType: MediaType.yaml)
    },
    Endpoint(
      method: .get, path: "/openapi.json", operationID: "getOpenAPIDocumentAsJSON",
      tag: .documentation, summary: "This document, as JSON", headers: [.ifNoneMatch],
      answers: [.json(200, "OpenAPI 3.1.", .object([]), headers: [Answer.etag]), .notModified]
    ) { _, call in
      call.tagged(json, mediaType: MediaType.json)
    },
    Endpoint(
      method: .get, path: "/docs", operationID: "getDocumentation", tag: .documentation,
      summary: "This document, to read in a browser", headers: [.ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "A page that loads nothing from elsewhere.",
          content: [(MediaType.html, .string)], headers: [Answer.etag]), .notModified,
      ]
    ) { _, call in
      page(call, docs)
    },
    Endpoint(
      method: .get, path: "/v1/schemas", operationID: "listSchemas", tag: .documentation,
      summary: "The JSON Schemas of documents that clients write",
      answers: [.json(200, "Their names and addresses.", .reference("SchemaList"))]
    ) { _, _ in
      .json([
        "data": .array(
          SchemaDocument.all.map {
            [
              "name": .string($0.name), "summary": .string($0.summary),
              "url": .string("/v1/schemas/\($0.name)"),
            ]
          })
      ])
    },
    Endpoint(
      method: .get, path: "/v1/schemas/{name}", operationID: "getSchema", tag: .documentation,
      summary: "A JSON Schema that editors complete and check documents with",
      description: """
        Of draft 2020-12, and whole by itself. A document may name it as its `$schema` for editors; the server passes over \
        that member of models and runs.
        """,
      headers: [.ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "The schema.", content: [(MediaType.schema, .object([]))],
          headers: [Answer.etag]), .notModified,
      ]
    ) { _, call in
      let name = call.parameters["name"] ?? ""
      guard let document = SchemaDocument.all.first(where: { $0.name == name }) else {
        throw Call.notFound("schema", name)
      }
      return call.tagged(document.json.encoded(), mediaType: MediaType.schema)
    },
    Endpoint(
      method: .get, path: "/problems/{name}", operationID: "getProblem", tag: .documentation,
      summary: "What a kind of problem means, to read in a browser",
      description: "Where the `type` of a problem leads.", headers: [.ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "A page.", content: [(MediaType.html, .string)],
          headers: [Answer.etag]), .notModified,
      ]
    ) { _, call in
      let name = call.parameters["name"] ?? ""
      guard let kind = ProblemKind(rawValue: name) else { throw Call.notFound("problem", name) }
      return page(call, Array(ProblemPage.html(kind).utf8))
    },
  ]

  private static let yaml = Array(OpenAPIDocument.yaml.utf8)
  private static let json = OpenAPIDocument.json.encoded()
  private static let docs = Array(APIPage.html.utf8)

  private static func page(_ call: Call, _ bytes: [UInt8]) -> Response {
    call.tagged(bytes, mediaType: WebFile.page.mediaType)
      .with(header: "Content-Security-Policy", PagePolicy.contentSecurity)
  }
}

/// What a page of ours may load: the server's own files, and nothing else from anywhere.
enum PagePolicy {
  static let contentSecurity = policy(styles: "style-src 'self'", pictures: "'self'")

  /// The same for the dashboard, as Plotly.js needs it: it fills style sheets that begin empty, and one of its own, sets style
  /// attributes, and draws heat maps as pictures in the page. No script but the server's files is run.
  static let plotting = policy(
    styles: """
      style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' \
      'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='; style-src-attr 'unsafe-inline'
      """, pictures: "'self' data:")

  private static func policy(styles: String, pictures: String) -> String {
    """
    default-src 'none'; script-src 'self'; \(styles); connect-src 'self'; \
    img-src \(pictures); base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    """
  }
}
