import Compression

/// Which codings of content a client accepts, and how much (RFC 9110, section 12.5.3).
struct AcceptEncoding: Sendable {
  private var qualities: [String: Double] = [:]

  /// - Parameter header: `nil` is no wish for any coding.
  init(_ header: String?) {
    for (name, quality) in QualityList.items(header ?? "identity") { qualities[name] = quality }
  }

  /// The coding that the client likes best, ours first of several; `nil` for none.
  var best: ContentCoding? {
    let identity = quality(of: "identity") ?? 0
    var best: (coding: ContentCoding, quality: Double)?
    for coding in ContentCoding.allCases {
      guard let quality = quality(of: coding.rawValue), quality > 0, quality >= identity,
        quality > best?.quality ?? 0
      else { continue }
      best = (coding, quality)
    }
    return best?.coding
  }

  private func quality(of name: String) -> Double? { qualities[name] ?? qualities["*"] }
}
