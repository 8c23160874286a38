import JSON
import Tensors

/// What the options say of single arrays, by their names: `scale=a:standard,b:none`.
struct ArrayOptions: Hashable, Sendable {
  var scales: [String: ScalingMethod] = [:]
  var targetScales: [String: ScalingMethod] = [:]
  var targetKinds: [String: DatasetDescription.Target.Kind] = [:]
  var shapes: [String: Shape] = [:]

  var isEmpty: Bool {
    scales.isEmpty && targetScales.isEmpty && targetKinds.isEmpty && shapes.isEmpty
  }

  /// Splits `a:standard,b:none` into names and values; a fault says what has no colon.
  ///
  /// - Returns: `nil` when no array is named, so that the text is meant for all.
  static func split(
    _ name: String, separator: Character = ",", _ reader: inout ObjectReader
  ) -> [(array: String, text: String)]? {
    guard let text = reader.string(name), text.contains(":") else { return nil }
    var pairs: [(array: String, text: String)] = []
    for part in text.split(separator: separator, omittingEmptySubsequences: false) {
      let pair = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, !pair[0].isEmpty else {
        reader.fault(
          name, "\"\(part.prefix(80))\" isn't NAME:VALUE; name an array each, or none for all")
        continue
      }
      let array = String(pair[0])
      if pairs.contains(where: { $0.array == array }) {
        reader.fault(name, "\"\(array.prefix(80))\" stands twice")
      }
      pairs.append((array, String(pair[1])))
    }
    return pairs
  }

  static func choices<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ pairs: [(array: String, text: String)], _ reader: inout ObjectReader
  ) -> [String: Choice] where Choice.RawValue == String {
    var choices: [String: Choice] = [:]
    let known = Choice.allCases.map(\.rawValue)
    for (array, text) in pairs {
      if let choice = Choice(rawValue: text) {
        choices[array] = choice
      } else {
        reader.fault(
          name,
          "\"\(text.prefix(80))\" is unknown\(nearest(text, among: known)); "
            + "one of: \(known.joined(separator: ", "))")
      }
    }
    return choices
  }

  /// In the order of the names, so that equal options give equal texts.
  static func canonical<Value>(
    _ values: [String: Value], separator: String = ",", _ text: (Value) -> String
  ) -> String? {
    values.isEmpty
      ? nil
      : values.sorted { $0.key < $1.key }.map { "\($0.key):\(text($0.value))" }
        .joined(separator: separator)
  }
}

extension ImportOptions {
  /// The options as they are for one array of several.
  func ofArray(_ name: String) -> ImportOptions {
    guard !ofArrays.isEmpty else { return self }
    var own = self
    own.scale = ofArrays.scales[name] ?? scale
    own.targetScale = ofArrays.targetScales[name] ?? targetScale
    own.targetKind = ofArrays.targetKinds[name] ?? targetKind
    own.shape = ofArrays.shapes[name] ?? shape
    return own
  }
}
