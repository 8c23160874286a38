/// Which media types a client accepts, and how much (RFC 9110, section 12.5.1).
struct Accept: Sendable {
  private struct Range {
    let type: String
    let quality: Double
  }

  private let ranges: [Range]

  /// - Parameter header: `nil` accepts anything.
  init(_ header: String?) {
    ranges = QualityList.items(header ?? "*/*").map { Range(type: $0.name, quality: $0.quality) }
  }

  /// The offered type that the client likes best, the first of several; `nil` when it takes none.
  func best(of offered: [String]) -> String? {
    var best: (type: String, quality: Double)?
    for type in offered {
      let quality = quality(of: type)
      if quality > (best?.quality ?? 0) { best = (type, quality) }
    }
    return best?.type
  }

  /// The quality that the most specific range gives to a type.
  private func quality(of type: String) -> Double {
    let family = type.split(separator: "/").first.map { "\($0)/*" } ?? ""
    for pattern in [type, family, "*/*"] {
      if let range = ranges.last(where: { $0.type == pattern }) { return range.quality }
    }
    return 0
  }
}

extension Call {
  /// The best of the media types that the operation can answer with.
  ///
  /// - Throws: 406 when the client accepts none of them.
  func negotiate(_ offered: [String]) throws(Problem) -> String {
    guard let type = Accept(header("Accept")).best(of: offered) else {
      throw Problem(.notAcceptable, "this can be had as \(offered.joined(separator: ", "))")
    }
    return type
  }
}
