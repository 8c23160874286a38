import HTTP
import JSON
import Runs

/// A request that reached its endpoint, with its query already known to hold no strangers.
struct Call: Sendable {
  let endpoint: Endpoint
  let request: Request
  let parameters: Parameters
  let query: Query
  let limits: DocumentLimits

  init(
    _ endpoint: Endpoint, _ request: Request, _ parameters: Parameters, limits: DocumentLimits
  ) throws(Problem) {
    self.limits = limits
    self.endpoint = endpoint
    self.request = request
    self.parameters = parameters
    query = try Query(request.query.items, fields: endpoint.query)
  }

  /// The identifier in the path.
  ///
  /// - Throws: 404 for a text that can't be one: there is nothing under it.
  func identifier<Identifier>(
    of kind: String, _ make: (String) -> Identifier?
  ) throws(Problem) -> Identifier {
    let text = parameters["id"] ?? ""
    guard let identifier = make(text) else { throw Call.notFound(kind, text) }
    return identifier
  }

  static func notFound(_ kind: String, _ text: String) -> Problem {
    Problem(.notFound, "there is no \(kind) \"\(text.prefix(80))\"")
  }

  func header(_ name: String) -> String? { request.headers[name] }
}

/// How many bytes a body may have.
enum BodyLimit {
  /// Inputs to predict from.
  static let inputs = 256 << 20
}
