import COpenBLAS
import CVectorMath

/// What one pass over a layer's outputs learns of them.
public struct ActivationStatistics: Hashable, Sendable {
  public let count: Int
  /// Elements that are finite; the other figures are of these, and 0 when there's none.
  public let finiteCount: Int
  public let mean: Double
  /// Of the elements themselves (not an estimate for a population).
  public let standardDeviation: Double
  public let minimum: Double
  public let maximum: Double
  /// Elements up to a lower bound or from an upper one on.
  public let flatCount: Int

  public init(
    of elements: UnsafePointer<Float>, count: Int, flatAtMost low: Double?, atLeast high: Double?
  ) {
    let found = vm_activation_f32(
      elements, count, Float(low ?? .nan), Float(high ?? .nan))
    self.count = count
    finiteCount = Int(found.finite)
    flatCount = Int(found.flat)
    guard found.finite > 0 else {
      (mean, standardDeviation, minimum, maximum) = (0, 0, 0, 0)
      return
    }
    let number = Double(found.finite)
    mean = found.sum / number
    standardDeviation = max(0, found.sum_of_squares / number - mean * mean).squareRoot()
    minimum = Double(found.minimum)
    maximum = Double(found.maximum)
  }
}

/// Outputs of a layer as rows × units × positions: a unit is a feature of the last axis, or a channel of an image.
public struct UnitLayout: Hashable, Sendable {
  public let rows: Int
  public let units: Int
  public let positions: Int

  public init(rows: Int, units: Int, positions: Int) {
    self.rows = rows
    self.units = units
    self.positions = positions
  }

  public var count: Int { rows * units * positions }

  /// For each unit 1 when it isn't zero somewhere.
  public func alive(_ elements: UnsafePointer<Float>) -> [UInt8] {
    var alive = [UInt8](repeating: 0, count: units)
    alive.withUnsafeMutableBufferPointer {
      vm_alive_f32(elements, rows, units, positions, $0.baseAddress)
    }
    return alive
  }

  /// Samples and units that an effective rank looks at, at most, evenly chosen.
  public static let mostSamples = 256
  public static let mostUnits = 1_024

  /// The participation ratio `(tr C)² / ‖C‖²` of the units' covariance `C`: how many directions they fill, from 1 to the
  /// number of units. 0 for outputs that don't vary, NaN for such as aren't finite.
  ///
  /// By the smaller of the two Gram matrices, which have the same eigenvalues but for zeros.
  public func effectiveRank(_ elements: UnsafePointer<Float>) -> Double {
    let places = rows * positions
    let samples = min(places, Self.mostSamples)
    let taken = min(units, Self.mostUnits)
    guard samples > 1, taken > 0 else { return 0 }
    var matrix =
      samples == rows && positions == 1 && taken == units
      ? Array(UnsafeBufferPointer(start: elements, count: count))
      : chosen(elements, samples: samples, units: taken)
    var means = [Double](repeating: 0, count: taken)
    matrix.withUnsafeMutableBufferPointer { matrix in
      means.withUnsafeMutableBufferPointer { means in
        for sample in 0..<samples {
          for unit in 0..<taken { means[unit] += Double(matrix[sample * taken + unit]) }
        }
        for unit in 0..<taken { means[unit] /= Double(samples) }
        for sample in 0..<samples {
          for unit in 0..<taken { matrix[sample * taken + unit] -= Float(means[unit]) }
        }
      }
    }
    let side = min(samples, taken)
    var gram = [Float](repeating: 0, count: side * side)
    cblas_ssyrk(
      CblasRowMajor, CblasUpper, samples <= taken ? CblasNoTrans : CblasTrans,
      Int32(side), Int32(max(samples, taken)), 1, matrix, Int32(taken), 0, &gram, Int32(side))
    var (trace, squares) = (0.0, 0.0)
    for row in 0..<side {
      for column in row..<side {
        let value = Double(gram[row * side + column])
        if row == column { trace += value }
        squares += (row == column ? 1 : 2) * value * value
      }
    }
    if !squares.isFinite { return .nan }
    return squares == 0 ? 0 : trace * trace / squares
  }

  /// Evenly chosen samples and units as rows and columns.
  private func chosen(
    _ elements: UnsafePointer<Float>, samples: Int, units taken: Int
  ) -> [Float] {
    let places = rows * positions
    return [Float](unsafeUninitializedCapacity: samples * taken) { matrix, initialized in
      for sample in 0..<samples {
        let (row, position) = (sample * places / samples).quotientAndRemainder(
          dividingBy: positions)
        for unit in 0..<taken {
          let index = (row * units + unit * units / taken) * positions + position
          matrix[sample * taken + unit] = elements[index]
        }
      }
      initialized = samples * taken
    }
  }
}
