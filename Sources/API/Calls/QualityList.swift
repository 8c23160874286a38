/// A list of names, each with how much it is liked (RFC 9110, section 12.4.2).
enum QualityList {
  /// Names in lower case; what isn't a number from 0 to 1 counts as 1.
  static func items(_ header: String) -> [(name: String, quality: Double)] {
    header.split(separator: ",").map { part in
      let pieces = part.split(separator: ";")
      let name = pieces.first.map { $0.trimmingSpaces().lowercased() } ?? ""
      var quality = 1.0
      for piece in pieces.dropFirst() {
        let pair = piece.split(separator: "=", maxSplits: 1)
        if pair.count == 2, pair[0].trimmingSpaces().lowercased() == "q" {
          quality = Double(pair[1].trimmingSpaces()) ?? 1
        }
      }
      return (name, quality)
    }
  }
}
