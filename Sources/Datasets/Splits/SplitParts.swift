import Foundation

/// Which part of a split each example is in: a byte an example.
public struct SplitParts: Sendable {
  public typealias Part = UInt8
  /// In no part.
  public static let none: Part = .max
  /// Examples of a split, at most, and of one by a column, whose values are held.
  public static let mostExamples = 1 << 26
  public static let mostRows = 1 << 24

  public let shares: SplitShares
  /// As the rule says.
  public let isForward: Bool
  /// How many examples each part has.
  public let counts: [Int]
  private let parts: [Part]

  init(_ parts: [Part], shares: SplitShares, isForward: Bool) {
    var counts = Array(repeating: 0, count: shares.shares.count)
    for part in parts where Int(part) < counts.count { counts[Int(part)] += 1 }
    (self.parts, self.shares, self.isForward, self.counts) = (parts, shares, isForward, counts)
  }

  public var examples: Int { parts.count }

  /// How many examples are in no part.
  public var leftOut: Int { examples - counts.reduce(0, +) }

  /// The examples of a part.
  public func members(_ part: Int) -> ExampleSet {
    ExampleSet(examples: examples) { Int(parts[$0]) == part }
  }

  /// What a run trains, validates and tests on.
  public struct Roles: Hashable, Sendable {
    public let training: ExampleSet
    public let validation: ExampleSet
    /// Empty for none.
    public let test: ExampleSet

    public init(training: ExampleSet, validation: ExampleSet, test: ExampleSet = []) {
      (self.training, self.validation, self.test) = (training, validation, test)
    }
  }

  /// The folds that may validate; `nil` for a split without folds.
  public var validatingFolds: ClosedRange<Int>? {
    guard case .folds(let count) = shares else { return nil }
    return (isForward ? 1 : 0)...count - 1
  }

  /// - Parameter fold: which validates; of a split without folds it doesn't matter.
  /// - Precondition: a fold is one of `validatingFolds`.
  public func roles(fold: Int = 0) -> Roles {
    guard let folds = validatingFolds else {
      return Roles(training: members(0), validation: members(1), test: members(2))
    }
    precondition(folds.contains(fold), "fold \(fold) of \(folds)")
    return Roles(
      training: ExampleSet(examples: examples) { example in
        let part = Int(parts[example])
        return part < counts.count && (isForward ? part < fold : part != fold)
      }, validation: members(fold))
  }

  // MARK: - On disk

  /// Writes a byte an example: 0, 1 and 2 for training, validation and test, or the fold; 255 for none.
  public func write(to file: URL) throws(DatasetError) {
    let output = try OutputFile(file)
    try output.append(parts)
    try output.finish()
  }

  /// - Throws: `DatasetError` where the file isn't there, or isn't as long as it must be.
  public init(
    _ file: URL, recipe: SplitRecipe, examples: Int
  ) throws(DatasetError) {
    let mapped = try MappedFile(file)
    try mapped.check(examples: examples, bytes: 1)
    self.init(
      withExtendedLifetime(mapped) { Array(mapped.bytes) }, shares: recipe.shares,
      isForward: type(of: recipe.rule).isForward)
  }
}
