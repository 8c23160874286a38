import JSON

/// How much of a dataset each part of a split gets.
public enum SplitShares: Hashable, Sendable {
  /// Parts 0, 1 and 2 train, validate and test; what the last two leave is for training.
  case fractions(validation: Double, test: Double)
  /// Parts of one size, each of which validates in its turn.
  case folds(Int)

  /// Folds of a split, at most; the byte that says an example's part has one more value, for none.
  public static let mostFolds = 100

  static let validation = Field(
    "validation", .number(0...1),
    "The share that validates; 0.2 when neither it nor folds is there.")
  static let test = Field("test", .number(0...1), default: 0, "The share that is for the test.")
  static let folds = Field(
    "folds", .integer(2...mostFolds),
    "Instead of shares: so many parts of one size, of which a run names the one that validates.")
  static let fields = [validation, test, folds]

  /// Reads the members; what is wrong with them is recorded in the reader.
  init(from reader: inout ObjectReader) {
    if reader.has(SplitShares.folds.name) {
      for name in [SplitShares.validation.name, SplitShares.test.name] where reader.has(name) {
        reader.fault(name, "contradicts folds, which are of one size; give one of the two")
      }
      self = .folds(reader.integer(SplitShares.folds))
      return
    }
    let isGiven = reader.has(SplitShares.validation.name)
    let validation = isGiven ? reader.double(SplitShares.validation) : 0.2
    let test = reader.double(SplitShares.test)
    if isGiven, validation <= 0 {
      reader.fault(SplitShares.validation.name, "is 0; a split has something to validate on")
    } else if validation + test >= 1 {
      reader.fault(
        isGiven ? SplitShares.validation.name : SplitShares.test.name,
        "leaves nothing to train on: validation and test are \(validation + test) together")
    }
    self = .fractions(validation: validation, test: test)
  }

  /// The share of each part.
  var shares: [Double] {
    switch self {
    case .fractions(let validation, let test): [1 - validation - test, validation, test]
    case .folds(let count): Array(repeating: 1 / Double(count), count: count)
    }
  }

  /// Where a line of so many is cut: the sizes of the parts, whose sum is `count`.
  func sizes(_ count: Int) -> [Int] {
    var (sum, before) = (0.0, 0)
    let shares = shares
    return shares.indices.map { index in
      sum += shares[index]
      let end = index == shares.count - 1 ? count : Int((sum * Double(count)).rounded())
      defer { before = end }
      return end - before
    }
  }

  var configuration: [(String, JSON)] {
    switch self {
    case .fractions(let validation, let test):
      [("validation", .number(validation)), ("test", .number(test))]
    case .folds(let count): [("folds", .integer(count))]
    }
  }

  /// What a part is called.
  func name(of part: Int) -> String {
    switch self {
    case .fractions: ["train", "validation", "test"][part]
    case .folds: "fold \(part)"
    }
  }
}
