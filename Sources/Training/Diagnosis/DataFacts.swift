import Datasets
import Foundation

/// What the training examples look like.
public struct DataFacts: Hashable, Sendable {
  /// A number of every example: a column of a table, or a place of its input.
  public struct Column: Hashable, Sendable {
    public let mean: Double
    public let standardDeviation: Double
    /// How much of the target's variance the column alone explains: the correlation ratio for classes, the squared
    /// correlation for numbers. `nil` for constant columns and targets.
    public let explained: Double?

    public init(mean: Double, standardDeviation: Double, explained: Double? = nil) {
      self.mean = mean
      self.standardDeviation = standardDeviation
      self.explained = explained
    }
  }

  /// Examples that columns are measured over, at most.
  static let mostExamples = 512
  /// Columns that are measured, at most: inputs with more are looked at as a whole.
  static let mostColumns = 256

  /// How many examples each class has, over all of them; empty when the target has no classes.
  public var classCounts: [Int]
  /// By place in the input; empty for inputs with more places than can be looked at one by one, and for tokens.
  public var columns: [Column]
  /// Over all places of the first input; `nil` for tokens.
  public var mean: Double?
  public var standardDeviation: Double?
  /// The same columns of the examples that validate, how many these are, and how many of them are trained on too.
  public var validationColumns: [Column] = []
  public var validationExamples: Int?
  public var sharedExamples: Int?
  /// Feature columns of a table with one value, and with a number that rises from row to row.
  public var constantColumns: [String] = []
  public var identifierColumns: [String] = []

  public init(
    classCounts: [Int] = [], columns: [Column] = [], mean: Double? = nil,
    standardDeviation: Double? = nil
  ) {
    self.classCounts = classCounts
    self.columns = columns
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Looks at some of the examples that train, evenly chosen, counts all of their classes, and compares them with those that validate.
  ///
  /// - Parameter members: which examples train; `nil` for all.
  init(
    _ source: any ExampleSource, members: ExampleSet?,
    validation: (source: any ExampleSource, examples: ExampleSet?)?
  ) {
    self.init(source, members: members)
    if let dataset = source as? Dataset {
      func named(_ kind: ColumnSummary.Kind) -> [String] {
        dataset.description.featureColumns.filter { $0.summary?.kind == kind }.map(\.name)
      }
      constantColumns = named(.constant)
      identifierColumns = named(.identifier)
    }
    guard let validation else { return }
    validationExamples = validation.examples?.count ?? validation.source.examples
    validationColumns = DataFacts(validation.source, members: validation.examples).columns
    sharedExamples = SharedExamples.count(
      source, members: members, in: validation.source, members: validation.examples)
  }

  /// - Parameter members: which examples take part; `nil` for all.
  init(_ source: any ExampleSource, members: ExampleSet?) {
    self.init()
    let classes = source.classIndices
    let count = members?.count ?? source.examples
    if let most = classes.max(), most >= 0, most < 10_000 {
      classCounts = Array(repeating: 0, count: Int(most) + 1)
      for position in 0..<count {
        let index = members?[position] ?? position
        guard classes.indices.contains(index), classes[index] >= 0 else { continue }
        classCounts[Int(classes[index])] += 1
      }
    }
    guard let input = source.inputs.first, input.element.isFloatingPoint, count > 0,
      !(source is GraphExamples), input.shape.count <= 1 << 16
    else { return }
    let chosen = min(count, Self.mostExamples)
    let indices = (0..<chosen).map { place in
      let position = place * count / chosen
      return members?[position] ?? position
    }
    let width = input.shape.count
    var numbers = [Float](repeating: 0, count: chosen * width)
    let target = source.targets.first
    let targetWidth: Int
    if case .vector(let shape) = target?.target {
      targetWidth = shape.count
    } else {
      targetWidth = 0
    }
    var values = [Float](repeating: 0, count: targetWidth == 1 ? chosen : 0)
    numbers.withUnsafeMutableBytes { place in
      values.withUnsafeMutableBytes { values in
        indices.withUnsafeBufferPointer { indices in
          var places = [UnsafeMutableRawPointer?](repeating: nil, count: source.inputs.count)
          places[0] = place.baseAddress
          var targets = [UnsafeMutableRawPointer?](repeating: nil, count: source.targets.count)
          if targetWidth == 1 { targets[0] = values.baseAddress }
          source.gather(indices: indices, inputs: places, targets: targets)
        }
      }
    }
    measure(
      numbers, width: width, classes: classCounts.isEmpty ? nil : indices.map { classes[$0] },
      values: values)
  }

  private mutating func measure(
    _ numbers: [Float], width: Int, classes: [Int32]?, values: [Float]
  ) {
    var (sum, squares, finite) = (0.0, 0.0, 0.0)
    for number in numbers where number.isFinite {
      sum += Double(number)
      squares += Double(number) * Double(number)
      finite += 1
    }
    guard finite > 0 else { return }
    mean = sum / finite
    standardDeviation = max(0, squares / finite - (sum / finite) * (sum / finite)).squareRoot()
    guard width <= Self.mostColumns else { return }
    let rows = numbers.count / width
    columns = (0..<width).map { column in
      let own = (0..<rows).map { Double(numbers[$0 * width + column]) }
      let mean = own.reduce(0, +) / Double(rows)
      let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
      let explained =
        variance > 0
        ? classes.flatMap { Self.correlationRatio(own, $0, mean: mean, variance: variance) }
          ?? Self.squaredCorrelation(own, values) : nil
      return Column(mean: mean, standardDeviation: variance.squareRoot(), explained: explained)
    }
  }

  /// The share of a column's variance that lies between classes.
  private static func correlationRatio(
    _ column: [Double], _ classes: [Int32], mean: Double, variance: Double
  ) -> Double? {
    var sums: [Int32: (sum: Double, count: Double)] = [:]
    for (value, index) in zip(column, classes) {
      sums[index, default: (0, 0)].sum += value
      sums[index, default: (0, 0)].count += 1
    }
    guard sums.count > 1 else { return nil }
    let between = sums.values.reduce(0) { total, part in
      let distance = part.sum / part.count - mean
      return total + part.count * distance * distance
    }
    return between / (variance * Double(column.count))
  }

  private static func squaredCorrelation(_ column: [Double], _ values: [Float]) -> Double? {
    guard values.count == column.count, !values.isEmpty else { return nil }
    let count = Double(values.count)
    let meanX = column.reduce(0, +) / count
    let meanY = values.reduce(0) { $0 + Double($1) } / count
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(column, values) {
      xy += (x - meanX) * (Double(y) - meanY)
      xx += (x - meanX) * (x - meanX)
      yy += (Double(y) - meanY) * (Double(y) - meanY)
    }
    return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : nil
  }
}
