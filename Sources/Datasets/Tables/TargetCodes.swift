/// What stands for categories that are encoded by the target: how far its mean where they occur is from its mean everywhere, in its deviations.
///
/// Of `n` examples with a value whose target has the mean `m` and the variance `s²`, `λ m + (1 - λ) M` with `λ = n S² / (s² + n S²)`, where `M` and `S²`
/// are of all: the empirical Bayes estimate of Micci-Barreca 2001, doi:10.1145/507533.507538, as scikit-learn's `TargetEncoder` has it; then less `M`, by `S`. A value
/// that was never seen is 0. A target of numbers makes a number for each of its own, two classes make one, the share of the second, and more make one for each.
///
/// An example that a model trains on must not be told its own target: it gets what the examples outside its own fold say.
struct TargetCodes {
  /// Parts of the examples that a model trains on.
  static let folds = 5
  /// Classes, or numbers of a target, at most.
  static let mostWidth = 64
  /// Numbers of all values of all columns together, at most.
  static let mostCodes = 1 << 17

  /// Bytes of the dataset's files that are held while they are gone through.
  private static let mostMapped = 8 << 20

  /// How many numbers stand for a value; `nil` where a target can't say anything, or too much.
  static func width(for target: DatasetDescription.Target) -> Int? {
    switch target {
    case .classes(let names, _): names.count <= 2 ? 1 : names.count <= mostWidth ? names.count : nil
    case .vector(let shape, _, _): shape.count <= mostWidth ? shape.count : nil
    case .sequence: nil
    }
  }

  /// The fold of an example: a hash of its number, so that what is regular in a file is in no fold alone.
  static func fold(of example: Int) -> Int {
    // Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195: the finaliser of SplitMix64.
    var hash = UInt64(truncatingIfNeeded: example) &+ 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
    hash ^= hash >> 31
    return Int(hash.multipliedFullWidth(by: UInt64(folds)).high)
  }

  /// Sums over the examples of one fold: `n`, and for each number of the target `Σ y` and `Σ y²`, for each value of each column and then for all.
  private struct Sums {
    var numbers: [Double]

    init(count: Int) { numbers = Array(repeating: 0, count: count) }

    mutating func add(_ other: Sums, sign: Double = 1) {
      for index in numbers.indices { numbers[index] += sign * other.numbers[index] }
    }
  }

  /// The columns.
  private let lookups: [ValueLookup]
  private let width: Int
  private var byFold: [Sums]
  /// Numbers of the sums of one value.
  private var size: Int { 1 + 2 * width }

  /// Looks at what the examples hold; `nil` where no column is encoded by the target, or that says nothing of a category.
  ///
  /// - Complexity: one pass over the examples.
  init?(
    of examples: ExampleSet, inputs: InputFile, targets: TargetFile,
    _ target: DatasetDescription.Target
  ) {
    lookups = inputs.lookups.filter(\.isByTarget)
    guard let width = TargetCodes.width(for: target), !lookups.isEmpty,
      lookups.allSatisfy({ $0.width == width })
    else { return nil }
    self.width = width
    let values = lookups.reduce(1) { $0 + $1.values }
    byFold = Array(repeating: Sums(count: values * (1 + 2 * width)), count: Self.folds)
    let classes = target.classes.count
    let chunk = 256
    var rows = [Float](repeating: 0, count: chunk * inputs.width)
    var labels = [Int32](repeating: 0, count: chunk)
    var numbers = [Float](repeating: 0, count: chunk * width)
    var read = 0
    for start in stride(from: 0, to: examples.count, by: chunk) {
      // A file of any size is gone through in the same memory.
      read += chunk * inputs.width * MemoryLayout<Float>.size
      if read >= TargetCodes.mostMapped {
        inputs.letGo()
        targets.letGo()
        read = 0
      }
      let part = Array(examples[start..<min(start + chunk, examples.count)])
      part.withUnsafeBufferPointer { part in
        rows.withUnsafeMutableBufferPointer {
          if let place = $0.baseAddress {
            inputs.gather(indices: part, into: place, isStored: true)
          }
        }
        if classes > 0 {
          labels.withUnsafeMutableBytes {
            if let place = $0.baseAddress { targets.gather(indices: part, into: place) }
          }
          for (row, label) in labels.prefix(part.count).enumerated() {
            for index in 0..<width {
              numbers[row * width + index] = Int(label) == (width == 1 ? 1 : index) ? 1 : 0
            }
          }
        } else {
          numbers.withUnsafeMutableBytes {
            if let place = $0.baseAddress { targets.gather(indices: part, into: place) }
          }
        }
      }
      for (row, example) in part.enumerated() {
        add(
          rows[row * inputs.width..<(row + 1) * inputs.width],
          numbers[row * width..<(row + 1) * width], fold: TargetCodes.fold(of: example))
      }
    }
  }

  private mutating func add(
    _ row: ArraySlice<Float>, _ target: ArraySlice<Float>, fold: Int
  ) {
    var first = 0
    for lookup in lookups {
      if let value = lookup.value(row[row.startIndex + lookup.position]) {
        add(target, to: first + value, fold: fold)
      }
      first += lookup.values
    }
    add(target, to: first, fold: fold)
  }

  private mutating func add(_ target: ArraySlice<Float>, to value: Int, fold: Int) {
    let start = value * size
    byFold[fold].numbers[start] += 1
    for (index, number) in target.enumerated() {
      byFold[fold].numbers[start + 1 + 2 * index] += Double(number)
      byFold[fold].numbers[start + 2 + 2 * index] += Double(number) * Double(number)
    }
  }

  private var whole: Sums {
    var whole = Sums(count: byFold[0].numbers.count)
    for fold in byFold { whole.add(fold) }
    return whole
  }

  /// For each column what stands for each of its values, by all examples.
  var codes: [[Float]] { codes(by: whole) }

  /// The same for the examples of each fold, by those outside it.
  var codesByFold: [[[Float]]] {
    let whole = whole
    return byFold.map { fold in
      var others = whole
      others.add(fold, sign: -1)
      return codes(by: others)
    }
  }

  private func codes(by sums: Sums) -> [[Float]] {
    let whole = whole.numbers
    let all = lookups.reduce(0) { $0 + $1.values } * size
    func moments(_ numbers: [Double], _ start: Int, _ index: Int) -> (
      mean: Double, variance: Double
    ) {
      let count = numbers[start]
      guard count > 0 else { return (0, 0) }
      let mean = numbers[start + 1 + 2 * index] / count
      return (mean, max(0, numbers[start + 2 + 2 * index] / count - mean * mean))
    }
    var first = 0
    return lookups.map { lookup in
      defer { first += lookup.values }
      var codes: [Float] = []
      codes.reserveCapacity(lookup.values * width)
      for value in first..<first + lookup.values {
        for index in 0..<width {
          let (middle, spread) = moments(whole, all, index)
          let (known, variance) = moments(sums.numbers, all, index)
          let count = sums.numbers[value * size]
          let (mean, within) = moments(sums.numbers, value * size, index)
          let denominator = within + count * variance
          let share = denominator > 0 ? count * variance / denominator : 0
          let code = (share * mean + (1 - share) * known - middle) / spread.squareRoot()
          codes.append(spread > 0 && code.isFinite ? Float(code) : 0)
        }
      }
      return codes
    }
  }
}
