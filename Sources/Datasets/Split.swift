import Tensors

/// Which examples train and which validate: a function of the seed alone.
///
/// For classes the split is stratified: every class gives the same fraction, rounded so that the
/// whole is right (the largest remainders are rounded up). Both lists are in file order.
public struct Split: Hashable, Sendable {
  public let training: [Int]
  public let validation: [Int]
  /// The first class with one example alone, which can't be on both sides; `nil` where there's none, or the split isn't by class.
  public let loneClass: Int?

  /// - Parameters:
  ///   - examples: how many there are.
  ///   - validationFraction: of [0, 1); at least one example stays to train, and with a fraction
  ///     above 0 at least one validates when there are two or more.
  ///   - classIndices: the class of each example, to stratify by; empty for no classes.
  public init(
    examples: Int, validationFraction: Double, seed: UInt64, classIndices: [Int32] = []
  ) {
    precondition(examples >= 0 && validationFraction >= 0 && validationFraction < 1)
    precondition(classIndices.isEmpty || classIndices.count == examples)
    var wanted = Int((Double(examples) * validationFraction).rounded())
    if validationFraction > 0 { wanted = max(wanted, 1) }
    wanted = min(wanted, max(0, examples - 1))
    guard wanted > 0 else {
      training = Array(0..<examples)
      validation = []
      loneClass = nil
      return
    }
    let strata = Split.strata(examples: examples, classIndices: classIndices)
    loneClass = classIndices.isEmpty ? nil : strata.firstIndex { $0.count == 1 }
    let shares = Split.shares(of: wanted, sizes: strata.map(\.count))
    let philox = Philox(seed: seed, purpose: "split")
    var validates = [Bool](repeating: false, count: examples)
    for (index, stratum) in strata.enumerated() where shares[index] > 0 {
      var generator = philox.generator(stream: UInt64(index))
      var members = stratum
      shuffle(&members, first: shares[index], with: &generator)
      for member in members[..<shares[index]] { validates[member] = true }
    }
    training = (0..<examples).filter { !validates[$0] }
    validation = (0..<examples).filter { validates[$0] }
  }

  /// The last examples validate; at least one, and at least one stays to train.
  public init(examples: Int, lastFraction: Double) {
    precondition(examples >= 0 && lastFraction >= 0 && lastFraction < 1)
    let wanted = max(1, Int((Double(examples) * lastFraction).rounded()))
    let cut = max(min(examples, 1), examples - wanted)
    self.init(training: Array(0..<cut), validation: Array(cut..<examples))
  }

  /// A split that is known already.
  init(training: [Int], validation: [Int]) {
    self.training = training
    self.validation = validation
    loneClass = nil
  }

  private static func strata(examples: Int, classIndices: [Int32]) -> [[Int]] {
    guard !classIndices.isEmpty else { return [Array(0..<examples)] }
    var strata: [[Int]] = []
    for (example, index) in classIndices.enumerated() {
      let index = max(0, Int(index))
      while strata.count <= index { strata.append([]) }
      strata[index].append(example)
    }
    return strata
  }

  /// `wanted` cut in proportion to `sizes`, by the largest remainders.
  private static func shares(of wanted: Int, sizes: [Int]) -> [Int] {
    let total = sizes.reduce(0, +)
    let exact = sizes.map { Double($0) * Double(wanted) / Double(total) }
    var shares = exact.map { Int($0.rounded(.down)) }
    let order = sizes.indices.sorted { left, right in
      let a = exact[left] - Double(shares[left])
      let b = exact[right] - Double(shares[right])
      return a != b ? a > b : left < right
    }
    var rest = wanted - shares.reduce(0, +)
    while rest > 0 {
      for index in order where rest > 0 && shares[index] < sizes[index] {
        shares[index] += 1
        rest -= 1
      }
    }
    return shares
  }
}

/// Puts a random choice of `first` elements first, in random order (Fisher and Yates; Durstenfeld
/// 1964, doi:10.1145/364520.364540). The bound is met by multiplication, with a bias below 2⁻³².
func shuffle<Generator: RandomNumberGenerator>(
  _ elements: inout [Int], first: Int, with generator: inout Generator
) {
  elements.withUnsafeMutableBufferPointer { elements in
    let count = elements.count
    for index in 0..<min(first, count) {
      let bound = UInt64(count - index)
      let offset = Int(generator.next().multipliedFullWidth(by: bound).high)
      elements.swapAt(index, index + offset)
    }
  }
}
