import Foundation

/// That an operation is on its way out, as clients are told of it.
struct Deprecation: Sendable {
  /// From when on it shouldn't be used.
  let since: Date
  /// When it may be gone.
  let sunset: Date
  /// What takes its place: a path.
  let successor: String

  /// RFC 9745, RFC 8594, and RFC 5829 for the link.
  var headers: [(String, String)] {
    [
      ("Deprecation", "@\(Int(since.timeIntervalSince1970))"), ("Sunset", HTTPDate.text(sunset)),
      ("Link", "<\(successor)>; rel=\"successor-version\""),
    ]
  }
}
