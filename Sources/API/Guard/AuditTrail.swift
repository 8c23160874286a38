import HTTP
import Store

/// Notes requests that changed something, or were refused to.
struct AuditTrail: Sendable {
  let log: AuditLog

  /// Notes an answer before it goes out.
  ///
  /// - Throws: `StoreError` when the store can't be written.
  func note(
    _ endpoint: Endpoint, _ request: Request, _ response: Response, of caller: Caller
  ) async throws {
    guard Self.isWorthNoting(endpoint, response.status) else { return }
    try await log.append(
      AuditRecord(
        request: request.requestID, caller: caller, client: request.client,
        operation: endpoint.operationID, path: String(request.rawPath.prefix(500)),
        status: response.status,
        made: response.header("Location")?.split(separator: "/").last.map(String.init)))
  }

  /// What was refused for its form changed nothing; what failed half-way may have.
  private static func isWorthNoting(_ endpoint: Endpoint, _ status: Int) -> Bool {
    endpoint.changesSomething && (status < 400 || status == 403 || status >= 500)
  }
}
