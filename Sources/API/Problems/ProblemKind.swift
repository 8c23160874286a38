/// The kinds of problem that the API answers with, in the order of their status codes.
enum ProblemKind: String, Sendable, CaseIterable {
  case badRequest = "bad-request"
  case malformedJSON = "malformed-json"
  case unauthorized
  case forbidden
  case notFound = "not-found"
  case methodNotAllowed = "method-not-allowed"
  case notAcceptable = "not-acceptable"
  case requestTimeout = "request-timeout"
  case conflict
  case lengthRequired = "length-required"
  case preconditionFailed = "precondition-failed"
  case bodyTooLarge = "body-too-large"
  case unsupportedMediaType = "unsupported-media-type"
  case rangeNotSatisfiable = "range-not-satisfiable"
  case expectationFailed = "expectation-failed"
  case misdirected
  case invalid
  case idempotencyKeyReused = "idempotency-key-reused"
  case headersTooLarge = "headers-too-large"
  case internalFault = "internal-fault"
  case notImplemented = "not-implemented"
  case queueFull = "queue-full"
  case quotaExceeded = "quota-exceeded"
  case rateLimited = "rate-limited"
  case tooManyConnections = "too-many-connections"
  case draining
  case diskFull = "disk-full"

  var status: Int {
    switch self {
    case .badRequest, .malformedJSON: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .notAcceptable: 406
    case .requestTimeout: 408
    case .conflict: 409
    case .lengthRequired: 411
    case .preconditionFailed: 412
    case .bodyTooLarge: 413
    case .unsupportedMediaType: 415
    case .rangeNotSatisfiable: 416
    case .expectationFailed: 417
    case .misdirected: 421
    case .invalid, .idempotencyKeyReused: 422
    case .queueFull, .quotaExceeded, .rateLimited, .tooManyConnections: 429
    case .headersTooLarge: 431
    case .internalFault: 500
    case .notImplemented: 501
    case .draining: 503
    case .diskFull: 507
    }
  }

  var title: String {
    switch self {
    case .badRequest: "The request can't be understood"
    case .malformedJSON: "The body is not JSON"
    case .unauthorized: "The request needs a key"
    case .forbidden: "The request isn't allowed"
    case .notFound: "There is no such thing"
    case .methodNotAllowed: "The method is not allowed here"
    case .notAcceptable: "None of the accepted media types can be served"
    case .requestTimeout: "The request took too long to arrive"
    case .conflict: "The present state doesn't allow it"
    case .preconditionFailed: "It isn't any more what the request says"
    case .lengthRequired: "The request must say how long its body is"
    case .bodyTooLarge: "The body is too large"
    case .unsupportedMediaType: "The body's media type is not taken here"
    case .rangeNotSatisfiable: "The range lies outside the content"
    case .misdirected: "The server has another name"
    case .expectationFailed: "The expectation can't be met"
    case .invalid: "The request is well formed, but what it asks for is invalid"
    case .idempotencyKeyReused: "The idempotency key was used for another request"
    case .queueFull: "The queue is full"
    case .quotaExceeded: "The key's quota is used up"
    case .rateLimited: "Too many requests"
    case .tooManyConnections: "The client has too many connections"
    case .headersTooLarge: "The request's headers are too large"
    case .internalFault: "The server failed"
    case .notImplemented: "The server can't do that"
    case .draining: "The server is not taking requests now"
    case .diskFull: "The server's disk is full"
    }
  }
}
