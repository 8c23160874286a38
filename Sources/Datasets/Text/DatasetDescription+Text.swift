import JSON
import Tensors

extension DatasetDescription {
  /// Turns windows of a prediction request into tokens: each a text, or an array of tokens' numbers.
  ///
  /// - Throws: `Faults` that name every window of another length and every token that's none.
  func encodeText(
    _ row: JSON, _ windows: TextWindows, places: [Unicode.Scalar: Float], pointer: String,
    into encoded: inout [Float], _ faults: inout Faults
  ) {
    let values: [Float]
    switch row {
    case .string(let text):
      guard let tokens = tokens(of: text, windows, places, pointer: pointer, &faults) else {
        return
      }
      values = tokens
    case .array(let elements):
      var tokens: [Float] = []
      for (index, element) in elements.enumerated() {
        guard let token = element.integer, (0..<windows.vocabulary).contains(token) else {
          faults.add(
            "\(pointer)/\(index)",
            "expected a token from 0 to \(windows.vocabulary - 1), found "
              + (element.integer.map(String.init) ?? element.kind))
          return
        }
        tokens.append(Float(token))
      }
      values = tokens
    default:
      faults.add(pointer, "expected a text or an array of tokens, found \(row.kind)")
      return
    }
    guard values.count == windows.length else {
      faults.add(
        pointer,
        "has \(values.count) tokens, and a window of the dataset has \(windows.length); fill it up "
          + "(behind, where the model doesn't look ahead) or cut it")
      return
    }
    encoded = values
  }

  private func tokens(
    of text: String, _ windows: TextWindows, _ places: [Unicode.Scalar: Float], pointer: String,
    _ faults: inout Faults
  ) -> [Float]? {
    if windows.tokens == .byte { return text.utf8.map { Float($0) } }
    var tokens: [Float] = []
    for (index, scalar) in text.unicodeScalars.enumerated() {
      guard let place = places[scalar] else {
        faults.add(
          pointer,
          "\"\(Character(scalar))\", at position \(index + 1), is none of the dataset's "
            + "\(windows.vocabulary) characters")
        return nil
      }
      tokens.append(place)
    }
    return tokens
  }

  /// The text that a row of tokens stands for; `nil` when the dataset is no text.
  public func text(of tokens: some Sequence<Int>) -> String? {
    input.windows.map { $0.tokens.text(of: tokens, vocabulary: target.classes) }
  }
}

extension Dataset {
  /// Windows as texts.
  func textPreview(_ tokens: TokenFile, rows: Int) -> JSON {
    let windows = tokens.windows
    let names = description.target.classes
    let shown = (0..<min(rows, max(1, 65_536 / windows.length))).map { row -> JSON in
      let start = row * windows.stride
      func text(_ offset: Int) -> JSON {
        .string(
          windows.tokens.text(
            of: (start + offset..<start + offset + windows.length).map { Int(tokens[$0]) },
            vocabulary: names))
      }
      return .object(JSONObject([("input", text(0)), ("target", text(1))]))
    }
    return .object(JSONObject([("rows", .array(shown)), ("examples", .integer(examples))]))
  }

  /// This text in another one's vocabulary.
  ///
  /// - Throws: `DatasetError.option` for windows of another length, other tokens, or a character that the other
  ///   text hasn't.
  func adaptedText(
    _ tokens: TokenFile, to reference: DatasetDescription
  ) throws(DatasetError) -> Dataset {
    guard let wanted = reference.input.windows, wanted.length == tokens.windows.length,
      wanted.tokens == tokens.windows.tokens
    else {
      let other =
        reference.input.windows.map { "windows of \($0.length) \($0.tokens.rawValue)s" }
        ?? "\(reference.format.rawValue) of shape \(reference.inputShape)"
      throw DatasetError(
        .option,
        "an example is a window of \(tokens.windows.length) \(tokens.windows.tokens.rawValue)s, "
          + "where the reference has \(other)")
    }
    // Compared as scalars: strings that are canonically equivalent are equal, and are other tokens here.
    let places = wanted.tokens.places(of: reference.target.classes)
    var numbers: [Int32] = []
    for name in target.classes where wanted.tokens == .character {
      guard let place = name.unicodeScalars.first.flatMap({ places[$0] }) else {
        throw DatasetError(
          .option, "the character \"\(name)\" is none of the reference's \(places.count)")
      }
      numbers.append(Int32(place))
    }
    if numbers.count == places.count, numbers.enumerated().allSatisfy({ $0 == $1 }) { return self }
    var counts = [Int](repeating: 0, count: places.count)
    if case .sequence(_, let own, _) = target {
      for (number, count) in zip(numbers, own) { counts[Int(number)] += count }
    }
    let windows = TextWindows(
      tokens: wanted.tokens, length: wanted.length, stride: tokens.windows.stride,
      count: tokens.windows.count, vocabulary: wanted.vocabulary)
    return Dataset(
      self, tokens: tokens.renumbered(numbers),
      description: DatasetDescription(
        format: description.format, examples: examples,
        input: .init(
          shape: inputShape, stored: .uint8, scalings: [], statistics: nil, windows: windows),
        target: .sequence(
          names: reference.target.classes, counts: counts, shape: target.shape),
        columns: [], sizeBytes: description.sizeBytes, sha256: description.sha256,
        options: description.options))
  }
}
