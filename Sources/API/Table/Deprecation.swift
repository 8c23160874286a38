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
      ("Deprecation", "@\(Int(since.timeIntervalSince1970))"), ("Sunset", Self.text(sunset)),
      ("Link", "<\(successor)>; rel=\"successor-version\""),
    ]
  }

  /// A time as HTTP writes it (RFC 9110, section 5.6.7).
  private static func text(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.string(from: date)
  }
}
