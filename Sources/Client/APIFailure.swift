import JSON

/// What the server refused, or why it wasn't reached.
public struct APIFailure: Error, CustomStringConvertible, Sendable {
  public let description: String
  /// `nil` where there was no answer.
  public let status: Int?
  /// Whether a server may be there a moment later.
  public let isUnreachable: Bool

  init(message: String, isUnreachable: Bool = false) {
    description = message
    status = nil
    self.isUnreachable = isUnreachable
  }

  /// A problem (RFC 9457), with every fault on a line of its own.
  init(status: Int, body: [UInt8]) {
    self.status = status
    isUnreachable = false
    guard let problem = try? JSON(parsing: body), let title = problem["title"]?.string else {
      description =
        "the server answers \(status): \(String(decoding: body.prefix(500), as: UTF8.self))"
      return
    }
    var lines = ["\(title) (\(status))"]
    let faults = problem["errors"]?.array ?? []
    if faults.isEmpty, let detail = problem["detail"]?.string { lines.append(detail) }
    for fault in faults {
      let place = fault["pointer"]?.string ?? fault["parameter"]?.string ?? ""
      lines.append("  \(place.isEmpty ? "the document" : place): \(fault["detail"]?.string ?? "")")
    }
    description = lines.joined(separator: "\n")
  }
}
