import HTTP
import JSON

/// One operation of the API: what the router calls and what `openapi.yaml` says of it.
struct Endpoint: Sendable {
  typealias Handler = @Sendable (Service, Call) async throws -> Response

  let method: Method
  /// With `{name}` for what a client fills in, such as `/v1/runs/{id}:cancel`.
  let path: String
  let operationID: String
  let tag: Tag
  let summary: String
  var description: String?
  /// The query parameters; a name that isn't among them is a fault.
  var query: [Field] = []
  /// Request headers worth knowing.
  var headers: [HeaderField] = []
  var body: BodyDescription?
  var answers: [Answer]
  /// What can go wrong beyond what `allProblems` derives from the rest.
  var problems: [ProblemKind] = []
  /// Headers with which OPTIONS of its path is answered, beside `Allow`.
  var options: (@Sendable (Service) -> [(String, String)])?
  /// Headers of every answer, of problems too.
  var everyAnswer: [(String, String)] = []
  /// Since when it shouldn't be used any more, if so.
  var deprecation: Deprecation?
  /// Whether its handler takes next to no time before it waits for the store, if it does.
  var isQuick = false
  /// Who may use it, where that doesn't follow from its chapter and method.
  var audience: Audience?
  let handler: Handler

  enum Method: String, Sendable {
    case get, post, put, patch, delete
  }

  /// A chapter of the documentation.
  enum Tag: String, Sendable, CaseIterable {
    case datasets, uploads, weights, models, runs, sweeps, observations, webhooks, catalog, keys,
      documentation,
      service

    var summary: String {
      switch self {
      case .datasets: "Data to train on, kept as it was sent and as it is read in training."
      case .uploads: "Files that come piece by piece, and go on where they were cut off."
      case .weights: "Weights that clients bring, for runs to begin with."
      case .models: "Specs of networks, checked whole before anything runs."
      case .runs: "Trainings: queued, running, and over."
      case .sweeps: "Runs that differ in some places of one request."
      case .observations:
        "What a run shows of itself: series, gradients, histograms, events, weights."
      case .webhooks: "Calls to addresses of the client's when something happens to a run."
      case .catalog: "What a spec may name."
      case .keys: "Who may do what, and what was done."
      case .documentation: "What the API says of itself."
      case .service: "The server itself."
      }
    }
  }

  /// The names between braces in the path.
  var pathParameters: [String] {
    path.split(separator: "{").dropFirst().compactMap { part in
      part.split(separator: "}", omittingEmptySubsequences: false).first.map(String.init)
    }
  }

  /// Everything that can go wrong, in the order of status codes.
  var allProblems: [ProblemKind] {
    // Any request may have an escape that is none, or a line that can't be read.
    var all = Set(problems + [.badRequest])
    if !query.isEmpty || body != nil { all.insert(.invalid) }
    if !pathParameters.isEmpty { all.insert(.notFound) }
    if let body {
      all.formUnion([.badRequest, .bodyTooLarge])
      if !body.acceptsAnything { all.insert(.unsupportedMediaType) }
    }
    if headers.contains(where: { $0.name == HeaderField.ifMatch.name }) {
      all.insert(.preconditionFailed)
    }
    if method != .get { all.formUnion([.draining, .diskFull, .forbidden]) }
    if requiredAudience != .everyone { all.formUnion([.unauthorized, .rateLimited]) }
    if case .scope = requiredAudience { all.insert(.forbidden) }
    all.insert(.internalFault)
    return ProblemKind.allCases.filter(all.contains)
  }
}

/// A request header that an operation reads.
struct HeaderField: Sendable {
  let name: String
  let schema: Schema
  var isRequired = false
  let summary: String

  static let idempotencyKey = HeaderField(
    name: "Idempotency-Key", schema: .string.with("maxLength", 255),
    summary: """
      A name of the client's own for this request. The same key and body give the first answer \
      again, also after a restart; with another body it is 422.
      """)
  static let ifNoneMatch = HeaderField(
    name: "If-None-Match", schema: .string, summary: "An ETag; 304 when it is still the one.")
  static let ifMatch = HeaderField(
    name: "If-Match", schema: .string,
    summary: "An ETag; 412 when it isn't the one any more.")
  static let range = HeaderField(
    name: "Range", schema: .string,
    summary: "Ranges of bytes, such as `bytes=0-1023` or `bytes=0-99,-100`.")
  static let lastEventID = HeaderField(
    name: "Last-Event-ID", schema: .string,
    summary: "The newest event the client has; the stream goes on after it.")
  static let contentDigest = HeaderField(
    name: "Content-Digest", schema: .string,
    summary: "`sha-256=:…:` of the body (RFC 9530); verified.")
}

/// What a request's body may be.
struct BodyDescription: Sendable {
  var isRequired = true
  let content: [(mediaType: String, schema: Schema)]
  /// Whether the body is taken whatever its media type says.
  var acceptsAnything = false
  var example: JSON?

  static func json(
    _ schema: Schema, isRequired: Bool = true, example: JSON? = nil
  ) -> BodyDescription {
    BodyDescription(
      isRequired: isRequired, content: [(MediaType.json, schema)], example: example)
  }
}

/// One way in which an operation answers.
struct Answer: Sendable {
  let status: Int
  let summary: String
  var content: [(mediaType: String, schema: Schema)] = []
  var headers: [(name: String, summary: String)] = []

  static func json(
    _ status: Int = 200, _ summary: String, _ schema: Schema,
    headers: [(name: String, summary: String)] = []
  ) -> Answer {
    Answer(
      status: status, summary: summary, content: [(MediaType.json, schema)], headers: headers)
  }

  static let deleted = Answer(status: 204, summary: "It is gone.")
  static let notModified = Answer(status: 304, summary: "The client has it already.")
  static let location = (name: "Location", summary: "Where it is from now on.")
  static let link = (name: "Link", summary: "The next page, as `rel=\"next\"`.")
  static let presentETag = (name: "ETag", summary: "A strong validator of what is answered.")
  static let etag = (name: "ETag", summary: "A strong validator; the content never changes.")
}

/// The media types that the API speaks.
enum MediaType {
  static let json = "application/json"
  static let schema = "application/schema+json"
  static let problem = "application/problem+json"
  static let lines = "application/x-ndjson"
  static let csv = "text/csv"
  static let events = "text/event-stream"
  static let bytes = "application/octet-stream"
  static let piece = "application/offset+octet-stream"
  static let archive = "application/zstd"
  static let zip = "application/zip"
  static let npy = "application/x-npy"
  static let png = "image/png"
  static let npz = "application/x-npz"
  static let text = "text/plain"
  static let html = "text/html"
  static let yaml = "application/yaml"
  static let multipart = "multipart/form-data"
  static let metrics = "text/plain; version=0.0.4; charset=utf-8"
}
