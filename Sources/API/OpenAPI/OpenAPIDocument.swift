import JSON
import Runs
import Store

/// The description of the API, made from the endpoint table.
public enum OpenAPIDocument {
  /// `openapi.yaml`, as it lies in the repository and as the server answers it.
  public static var yaml: String {
    "# Made by `chainrule openapi`; a test compares. Edit Sources/API instead.\n" + YAML.text(json)
  }

  /// The document as OpenAPI 3.1.
  public static var json: JSON {
    var paths = JSONObject()
    for endpoint in EndpointTable.all {
      var item = paths[endpoint.path]?.object ?? JSONObject()
      item[endpoint.method.rawValue] = operation(endpoint)
      paths[endpoint.path] = .object(item)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Chainrule",
        "version": .string(ServiceVersion.api),
        "summary": "Training as a service, with every gradient in sight.",
        "description": .string(introduction),
      ],
      "servers": [["url": "/", "description": "The server that answered this."]],
      "tags": .array(
        Endpoint.Tag.allCases.map {
          ["name": .string($0.rawValue), "description": .string($0.summary)]
        }),
      "paths": .object(paths),
      "components": [
        "schemas": .object(JSONObject(Components.schemas.map { ($0.name, $0.schema.json) })),
        "examples": .object(
          JSONObject(RecordedAnswers.all.map { ($0.name, ["value": $0.value]) })),
        "parameters": .object(
          JSONObject(sharedHeaders.map { (componentName($0), header($0)) })),
        "responses": .object(JSONObject(ProblemKind.allCases.map(problem))),
        "securitySchemes": [
          "key": [
            "type": "http", "scheme": "bearer", "bearerFormat": "chainrule_…",
            "description": .string(keyDescription),
          ]
        ],
      ],
    ]
  }

  static let introduction = """
    Upload data, describe a model, queue a run, and read its losses, gradients and weights. \
    Errors are problems (RFC 9457) that name every fault found. Names are in snake_case, times in \
    UTC, durations in seconds. A request with an unknown field or query parameter is refused.
    """

  private static let keyDescription = """
    A key made with `POST /v1/keys`. What an operation lists beside it is the scope that it needs; `admin` has all of them. \
    A server on loopback may be run without keys.
    """

  private static let sharedHeaders: [HeaderField] = [
    .idempotencyKey, .ifNoneMatch, .ifMatch, .range, .lastEventID, .contentDigest,
    RunWaiting.prefer, TusProtocol.version, TusProtocol.length, TusProtocol.requiredOffset,
    TusProtocol.metadata, TusProtocol.concat, TusProtocol.reprDigest,
  ]

  private static func operation(_ endpoint: Endpoint) -> JSON {
    var object = JSONObject([
      ("operationId", .string(endpoint.operationID)),
      ("tags", [.string(endpoint.tag.rawValue)]),
      ("summary", .string(endpoint.summary)),
    ])
    if let description = endpoint.description { object["description"] = .string(description) }
    let parameters =
      endpoint.pathParameters.map { pathParameter($0, of: endpoint) }
      + endpoint.query.map(queryParameter)
      + endpoint.headers.map { ["$ref": .string("#/components/parameters/\(componentName($0))")] }
    if !parameters.isEmpty { object["parameters"] = .array(parameters) }
    if let body = endpoint.body { object["requestBody"] = requestBody(body) }
    var responses = JSONObject()
    for answer in endpoint.answers {
      var response = response(answer)
      if let links = FollowingOperations.links(of: answer, to: endpoint) {
        response["links"] = links
      }
      responses[String(answer.status)] = .object(response)
    }
    for kind in endpoint.allProblems where responses[String(kind.status)] == nil {
      responses[String(kind.status)] = [
        "$ref": .string("#/components/responses/\(kind.rawValue)")
      ]
    }
    // What HTTP itself refuses: other methods, expectations, lengths, names of hosts.
    responses["default"] = .object(
      response(
        Answer(
          status: 0, summary: "Refused before any operation is looked for.",
          content: [(MediaType.problem, .reference("Problem"))])))
    object["responses"] = .object(responses)
    object["security"] = security(endpoint)
    if endpoint.deprecation != nil { object["deprecated"] = true }
    return .object(object)
  }

  private static func pathParameter(_ name: String, of endpoint: Endpoint) -> JSON {
    let collection = endpoint.path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    let schema = name == "id" ? identifiers[collection].map(Schema.identifier) : nil
    return [
      "name": .string(name), "in": "path", "required": true,
      "schema": (schema ?? .string).json,
    ]
  }

  /// The prefix of the ids of each collection.
  private static let identifiers = [
    "datasets": DatasetID.prefix, "weights": WeightsID.prefix, "models": ModelID.prefix,
    "runs": RunID.prefix, "keys": KeyID.prefix, "backups": BackupID.prefix,
    "webhooks": WebhookID.prefix, "uploads": UploadID.prefix, "sweeps": SweepID.prefix,
    "splits": SplitID.prefix,
  ].mapValues { String($0.dropLast()) }

  /// The key that an operation asks for, with its scope; none where everyone may.
  private static func security(_ endpoint: Endpoint) -> JSON {
    switch endpoint.requiredAudience {
    case .everyone: []
    case .anyKey: [["key": []]]
    case .scope(let scope): [["key": [.string(scope.rawValue)]]]
    }
  }

  private static func queryParameter(_ field: Field) -> JSON {
    var schema = Schema(field)
    if case .described = field.content { schema = .string }
    if let value = field.defaultValue { schema = schema.with("default", value) }
    var object = JSONObject([
      ("name", .string(field.name)), ("in", "query"), ("description", .string(field.summary)),
    ])
    if field.isRequired { object["required"] = true }
    var members = schema.json.object ?? JSONObject()
    members["description"] = nil
    object["schema"] = .object(members)
    return .object(object)
  }

  private static func header(_ header: HeaderField) -> JSON {
    var object = JSONObject([
      ("name", .string(header.name)), ("in", "header"), ("description", .string(header.summary)),
    ])
    if header.isRequired { object["required"] = true }
    object["schema"] = header.schema.json
    return .object(object)
  }

  private static func requestBody(_ body: BodyDescription) -> JSON {
    [
      "required": .bool(body.isRequired),
      "content": content(body.content) { _ in
        body.example.map { ["typical": ["value": $0]] }
      },
    ]
  }

  private static func response(_ answer: Answer, examples: JSON? = nil) -> JSONObject {
    var object = JSONObject([("description", .string(answer.summary))])
    if !answer.headers.isEmpty {
      let headers = answer.headers.map { name, summary -> (String, JSON) in
        (name, ["description": .string(summary), "schema": Schema.string.json])
      }
      object["headers"] = .object(JSONObject(headers))
    }
    if !answer.content.isEmpty {
      object["content"] = content(answer.content) { examples ?? RecordedAnswers.examples(of: $0) }
    }
    return object
  }

  /// - Parameter examples: those of a schema, where it is of JSON.
  private static func content(
    _ content: [(mediaType: String, schema: Schema)], examples: (Schema) -> JSON?
  ) -> JSON {
    let members = content.map { mediaType, schema -> (String, JSON) in
      var object = JSONObject([("schema", schema.json)])
      if [MediaType.json, MediaType.problem].contains(mediaType) {
        object["examples"] = examples(schema)
      }
      return (mediaType, .object(object))
    }
    return .object(JSONObject(members))
  }

  private static func problem(_ kind: ProblemKind) -> (String, JSON) {
    let answer = Answer(
      status: kind.status, summary: kind.title + ".",
      content: [(MediaType.problem, .reference("Problem"))])
    let response = response(answer, examples: RecordedAnswers.examples(of: kind))
    return (kind.rawValue, .object(response))
  }

  private static func componentName(_ header: HeaderField) -> String { header.name }
}

/// What the program and its API call themselves.
public enum ServiceVersion {
  public static let program = RunEnvironment.program
  public static let api = "1.0.0"
}
