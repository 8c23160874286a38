import JSON

/// A stretch of a run, in steps or in epochs.
public enum ScheduleSpan: Hashable, Sendable {
  case steps(Int)
  case epochs(Int)

  static let stepCounts = 1...1_000_000_000
  static let epochCounts = 1...1_000_000

  var isEpochs: Bool { if case .epochs = self { true } else { false } }

  func steps(perEpoch: Int) -> Int {
    switch self {
    case .steps(let count): count
    case .epochs(let count): count.multipliedReportingOverflow(by: perEpoch).partialValue
    }
  }

  /// The member that says it: `every_steps` or `every_epochs`.
  func member(_ name: String) -> (String, JSON) {
    switch self {
    case .steps(let count): ("\(name)_steps", .integer(count))
    case .epochs(let count): ("\(name)_epochs", .integer(count))
    }
  }

  /// The two fields of which a document has one.
  ///
  /// - Parameter isRequired: whether it must have one; the first stands for both in the catalog.
  static func fields(
    _ name: String, _ summary: String, from least: Int = 1, isRequired: Bool = false
  ) -> [Field] {
    [
      Field(
        "\(name)_steps", .integer(least...stepCounts.upperBound), isRequired: isRequired,
        "\(summary), in steps."),
      Field(
        "\(name)_epochs", .integer(least...epochCounts.upperBound),
        "The same in epochs, in place of `\(name)_steps`."),
    ]
  }

  /// Reads the one of the two fields that is there.
  static func read(_ reader: inout ObjectReader, _ fields: [Field]) -> ScheduleSpan? {
    let (inSteps, inEpochs) = (fields[0], fields[1])
    let steps = reader.has(inSteps.name) ? reader.integer(inSteps) : nil
    let epochs = reader.has(inEpochs.name) ? reader.integer(inEpochs) : nil
    _ = (reader.value(inSteps.name), reader.value(inEpochs.name))
    if steps != nil, epochs != nil {
      reader.fault(inEpochs.name, "contradicts \(inSteps.name); give one of the two")
    }
    if inSteps.isRequired, !reader.has(inSteps.name), !reader.has(inEpochs.name) {
      reader.fault(inSteps.name, "is missing; give it, or \(inEpochs.name)")
    }
    return steps.map { .steps($0) } ?? epochs.map { .epochs($0) }
  }
}
