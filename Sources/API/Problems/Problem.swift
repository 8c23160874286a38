import HTTP
import JSON

/// What went wrong, as a client is told of it (RFC 9457).
struct Problem: Error, Sendable {
  let kind: ProblemKind
  let detail: String
  /// Faults of the body, each with its pointer.
  var faults = Faults()
  /// Faults of the query; the pointer is the parameter's name after a slash.
  var queryFaults = Faults()
  /// Headers that belong to the answer, such as `Allow`.
  var headers: [(String, String)] = []

  init(_ kind: ProblemKind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  /// Every fault of a body.
  init(_ faults: Faults) {
    kind = .invalid
    detail = Problem.summary(faults)
    self.faults = faults
  }

  /// Every fault of a query.
  init(query faults: Faults) {
    kind = .invalid
    detail = Problem.summary(faults)
    queryFaults = faults
  }

  private static func summary(_ faults: Faults) -> String {
    guard let first = faults.all.first else { return "it is invalid" }
    let others = faults.all.count - 1
    return switch others {
    case 0: first.description
    case 1: "\(first.description); and one more fault"
    default: "\(first.description); and \(others) more faults"
    }
  }

  func with(header name: String, _ value: String) -> Problem {
    var copy = self
    copy.headers.append((name, value))
    return copy
  }

  /// The body of the answer.
  ///
  /// - Parameter instance: the request's identifier.
  func json(instance: String?) -> JSON {
    var object = JSONObject([
      ("type", .string("/problems/\(kind.rawValue)")), ("title", .string(kind.title)),
      ("status", .integer(kind.status)), ("detail", .string(detail)),
    ])
    if let instance { object["instance"] = .string(instance) }
    let errors =
      faults.all.map { ["pointer": .string($0.pointer), "detail": .string($0.detail)] as JSON }
      + queryFaults.all.map {
        ["parameter": .string(String($0.pointer.dropFirst())), "detail": .string($0.detail)] as JSON
      }
    if !errors.isEmpty { object["errors"] = .array(errors) }
    return .object(object)
  }
}
