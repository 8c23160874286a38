/// What the tokens of a text are.
public enum TextTokens: String, Hashable, Sendable, CaseIterable {
  /// Unicode scalar values, as Python's characters; the vocabulary is those that occur, by code point.
  case character
  /// Bytes; the vocabulary is all 256.
  case byte

  /// What a byte is called where classes have names: `0x0a`.
  static func name(ofByte byte: Int) -> String {
    let digits = String(byte, radix: 16)
    return "0x" + (digits.count < 2 ? "0" : "") + digits
  }

  /// The number of each token by its text.
  func places(of vocabulary: [String]) -> [Unicode.Scalar: Float] {
    guard self == .character else { return [:] }
    var places: [Unicode.Scalar: Float] = [:]
    for (index, name) in vocabulary.enumerated() {
      if let scalar = name.unicodeScalars.first { places[scalar] = Float(index) }
    }
    return places
  }

  /// The text that tokens stand for; bytes that are no UTF-8 become replacement characters.
  func text(of tokens: some Sequence<Int>, vocabulary: [String]) -> String {
    switch self {
    case .character:
      var text = String.UnicodeScalarView()
      for token in tokens where vocabulary.indices.contains(token) {
        text.append(contentsOf: vocabulary[token].unicodeScalars)
      }
      return String(text)
    case .byte:
      return String(
        decoding: tokens.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }
  }
}
