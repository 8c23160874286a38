/// Gathers an answer that is a problem rather than what was asked for.
final class Refusal: @unchecked Sendable {
  // Touched by one transfer only, and after its end.
  private var isRefused = false
  private var body: [UInt8] = []

  func begin(_ status: Int) { isRefused = !(200..<300).contains(status) }

  /// - Returns: whether the bytes belong to a problem.
  func take(_ bytes: [UInt8]) -> Bool {
    if isRefused, body.count < 1 << 20 { body += bytes }
    return isRefused
  }

  func check(_ status: Int) throws {
    if isRefused { throw APIFailure(status: status, body: body) }
  }
}
