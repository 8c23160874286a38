import Tensors

/// Which examples train and which validate: a function of the seed alone.
///
/// For classes the split is stratified: every class gives the same fraction, rounded so that the
/// whole is right (the largest remainders are rounded up).
public struct Split: Hashable, Sendable {
  public let training: ExampleSet
  public let validation: ExampleSet
  /// The first class with one example alone, which can't be on both sides; `nil` where there's none, or the split isn't by class.
  public let loneClass: Int?

  /// - Parameters:
  ///   - examples: how many there are.
  ///   - validationFraction: of [0, 1); at least one example stays to train, and with a fraction
  ///     above 0 at least one validates when there are two or more.
  ///   - classIndices: the class of each example, to stratify by; empty for no classes.
  public init(
    examples: Int, validationFraction: Double, seed: UInt64, classIndices: ClassLabels = []
  ) {
    precondition(examples >= 0 && validationFraction >= 0 && validationFraction < 1)
    precondition(classIndices.isEmpty || classIndices.count == examples)
    var wanted = Int((Double(examples) * validationFraction).rounded())
    if validationFraction > 0 { wanted = max(wanted, 1) }
    wanted = min(wanted, max(0, examples - 1))
    guard wanted > 0 else {
      self.init(training: ExampleSet(examples: examples) { _ in true }, validation: [])
      return
    }
    let sizes = Split.sizes(examples: examples, classIndices)
    let shares = Split.shares(of: wanted, sizes: sizes)
    let philox = Philox(seed: seed, purpose: "split")
    let validation =
      examples <= BatchOrder.mostListed
      ? Split.shuffled(examples, classIndices, sizes: sizes, shares: shares, philox)
      : Split.drawn(examples, classIndices, sizes: sizes, shares: shares, philox)
    self.init(
      training: ExampleSet(examples: examples) { !validation.contains($0) }, validation: validation,
      loneClass: classIndices.isEmpty ? nil : sizes.firstIndex(of: 1))
  }

  /// The last examples validate; at least one, and at least one stays to train.
  public init(examples: Int, lastFraction: Double) {
    precondition(examples >= 0 && lastFraction >= 0 && lastFraction < 1)
    let wanted = max(1, Int((Double(examples) * lastFraction).rounded()))
    let cut = max(min(examples, 1), examples - wanted)
    self.init(training: ExampleSet(0..<cut), validation: ExampleSet(cut..<examples))
  }

  /// A split that is known already.
  init(training: ExampleSet, validation: ExampleSet, loneClass: Int? = nil) {
    (self.training, self.validation, self.loneClass) = (training, validation, loneClass)
  }

  /// How many examples each class has; one number for no classes.
  private static func sizes(examples: Int, _ classIndices: ClassLabels) -> [Int] {
    guard !classIndices.isEmpty else { return [examples] }
    var sizes: [Int] = []
    for label in classIndices {
      let index = max(0, Int(label))
      if sizes.count <= index { sizes += repeatElement(0, count: index + 1 - sizes.count) }
      sizes[index] += 1
    }
    return sizes
  }

  /// The first of each class in random order.
  private static func shuffled(
    _ examples: Int, _ classIndices: ClassLabels, sizes: [Int], shares: [Int], _ philox: Philox
  ) -> ExampleSet {
    var strata = sizes.map { size in
      var stratum: [Int] = []
      stratum.reserveCapacity(size)
      return stratum
    }
    for example in 0..<examples {
      strata[classIndices.isEmpty ? 0 : max(0, Int(classIndices[example]))].append(example)
    }
    var chosen: [Int] = []
    for index in strata.indices where shares[index] > 0 {
      var generator = philox.generator(stream: UInt64(index))
      shuffle(&strata[index], first: shares[index], with: &generator)
      chosen += strata[index][..<shares[index]]
    }
    return ExampleSet(chosen)
  }

  /// The same without a list: each example is taken with the chance that what its class still has to give has among what is left of
  /// it (selection sampling: Knuth, "The Art of Computer Programming", 3.4.2, algorithm S).
  private static func drawn(
    _ examples: Int, _ classIndices: ClassLabels, sizes: [Int], shares: [Int], _ philox: Philox
  ) -> ExampleSet {
    var (left, wanted) = (sizes, shares)
    var generators = sizes.indices.map { philox.generator(stream: UInt64($0)) }
    return ExampleSet(examples: examples) { example in
      let index = classIndices.isEmpty ? 0 : max(0, Int(classIndices[example]))
      let place = Int(generators[index].next().multipliedFullWidth(by: UInt64(left[index])).high)
      left[index] -= 1
      guard place < wanted[index] else { return false }
      wanted[index] -= 1
      return true
    }
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
