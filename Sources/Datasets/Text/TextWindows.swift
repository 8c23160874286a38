import JSON

/// How examples are cut out of a text: windows that may overlap without being stored for each.
///
/// Example `i` is the `length` tokens from `i · stride` on; its target at each place is the token that follows.
public struct TextWindows: Hashable, Sendable {
  public let tokens: TextTokens
  /// Tokens of an example.
  public let length: Int
  /// Tokens from one example's begin to the next one's.
  public let stride: Int
  /// Tokens of the whole text.
  public let count: Int
  /// How many different tokens there are.
  public let vocabulary: Int
  /// Bytes in which a token lies on disk: 1 or 2.
  public let tokenBytes: Int

  init(tokens: TextTokens, length: Int, stride: Int, count: Int, vocabulary: Int) {
    self.tokens = tokens
    self.length = length
    self.stride = stride
    self.count = count
    self.vocabulary = vocabulary
    tokenBytes = vocabulary <= 256 ? 1 : 2
  }

  /// Windows whose last token has one after it.
  public var examples: Int { count > length ? (count - 1 - length) / stride + 1 : 0 }

  /// Whether an example begins where the one before it ends.
  public var areContiguous: Bool { stride == length }

  /// The last part of the text for validation: no token of it is seen in training.
  ///
  /// Windows that train end before the cut, target included. Those that validate begin behind it and don't
  /// overlap, whatever the stride, so that each token is predicted once.
  func split(validationFraction: Double) -> Split {
    let cut = Int(Double(count) * (1 - validationFraction))
    let trained = cut > length ? min((cut - 1 - length) / stride + 1, examples) : 0
    let first = (cut + stride - 1) / stride
    let step = (length + stride - 1) / stride
    return Split(
      training: ExampleSet(0..<trained),
      validation: first < examples
        ? ExampleSet(Swift.stride(from: first, to: examples, by: step)) : [])
  }

  var storedName: String { tokenBytes == 1 ? "uint8" : "uint16" }

  var json: JSON {
    .object(
      JSONObject([
        ("tokens", .string(tokens.rawValue)), ("length", .integer(count)),
        ("sequence_length", .integer(length)), ("stride", .integer(stride)),
      ]))
  }

  init(_ json: JSON, vocabulary: Int, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    let tokens =
      reader.string("tokens", in: TextTokens.allCases.map(\.rawValue)).flatMap(TextTokens.init)
    let count = reader.integer("length", in: 1...Int.max)
    let length = reader.integer("sequence_length", in: ImportOptions.sequenceLengths)
    let stride = reader.integer("stride", in: ImportOptions.sequenceLengths)
    try reader.finish().check()
    self.init(
      tokens: tokens ?? .character, length: length ?? 1, stride: stride ?? 1, count: count ?? 1,
      vocabulary: vocabulary)
  }
}
