import Foundation
import Tensors

/// What the elements of a parameter are drawn from.
public enum Distribution: Hashable, Sendable {
  case constant(Double)
  case uniform(low: Double, high: Double)
  case normal(mean: Double, standardDeviation: Double)
  /// A normal distribution of which nothing lies beyond the bounds.
  case truncatedNormal(mean: Double, standardDeviation: Double, low: Double, high: Double)
  /// Rows of unit length, or columns where there are fewer, each orthogonal to the others, times a factor.
  case orthogonal(rows: Int, columns: Int, gain: Double)
  /// A number at each `[d, d]` in the middle of the other axes, and 0 elsewhere.
  case identity(shape: Shape, gain: Double)
  /// Normal numbers, but for so many zeros in each column.
  case sparse(rows: Int, columns: Int, zeros: Int, standardDeviation: Double)

  /// Fills a block; the elements are a function of the generator's key alone.
  public func fill<Element: BinaryFloatingPoint>(
    _ elements: UnsafeMutableBufferPointer<Element>, from philox: Philox
  ) {
    var generator = philox.generator()
    switch self {
    case .constant(let value):
      elements.update(repeating: Element(value))
    case .uniform(let low, let high):
      for index in elements.indices {
        elements[index] = Element(low + (high - low) * generator.uniform())
      }
    case .normal(let mean, let deviation):
      Distribution.eachNormal(elements.count, &generator) { index, number in
        elements[index] = Element(mean + deviation * number)
      }
    case .truncatedNormal(let mean, let deviation, let low, let high):
      for index in elements.indices {
        elements[index] = Element(
          Distribution.truncated(mean, deviation, low...high, generator.uniform()))
      }
    case .orthogonal(let rows, let columns, let gain):
      Distribution.fillOrthogonal(elements, rows, columns, gain, &generator)
    case .identity(let shape, let gain):
      elements.update(repeating: 0)
      let strides = shape.strides
      let middle = (2..<shape.rank).reduce(0) { $0 + shape[$1] / 2 * strides[$1] }
      for place in 0..<min(shape[0], shape[1]) {
        elements[place * (strides[0] + strides[1]) + middle] = Element(gain)
      }
    case .sparse(let rows, let columns, let zeros, let deviation):
      Distribution.normal(mean: 0, standardDeviation: deviation).fill(elements, from: philox)
      var order = Array(0..<rows)
      var choices = philox.generator(stream: 1)
      for column in 0..<columns {
        // The beginning of a random order of the rows.
        for place in 0..<zeros {
          order.swapAt(place, place + Distribution.choice(rows - place, &choices))
          elements[order[place] * columns + column] = 0
        }
      }
    }
  }

  /// One of `count`, each as likely as any other.
  private static func choice(_ count: Int, _ generator: inout Philox.Generator) -> Int {
    Int((generator.next().multipliedFullWidth(by: UInt64(count))).high)
  }

  private static func eachNormal(
    _ count: Int, _ generator: inout Philox.Generator, _ body: (Int, Double) -> Void
  ) {
    for index in stride(from: 0, to: count, by: 2) {
      let pair = normalPair(&generator)
      body(index, pair.0)
      if index + 1 < count { body(index + 1, pair.1) }
    }
  }

  /// Two independent draws of N(0, 1). Box and Muller 1958, doi:10.1214/aoms/1177706645.
  private static func normalPair(_ generator: inout Philox.Generator) -> (Double, Double) {
    // 1 - u lies in (0, 1], where the logarithm is finite.
    let radius = (-2 * log(1 - generator.uniform())).squareRoot()
    let angle = 2 * Double.pi * generator.uniform()
    return (radius * cos(angle), radius * sin(angle))
  }

  /// The quantile of a number of [0, 1) among those of the normal distribution that lie between the bounds.
  private static func truncated(
    _ mean: Double, _ deviation: Double, _ bounds: ClosedRange<Double>, _ uniform: Double
  ) -> Double {
    guard deviation > 0 else { return min(max(mean, bounds.lowerBound), bounds.upperBound) }
    var low = (bounds.lowerBound - mean) / deviation
    var high = (bounds.upperBound - mean) / deviation
    // Below the mean, where probabilities next to 0 are still told apart.
    let isMirrored = low > 0
    if isMirrored { (low, high) = (-high, -low) }
    let least = NormalDistribution.cumulative(low)
    let most = NormalDistribution.cumulative(high)
    let number = NormalDistribution.quantile(least + (most - least) * uniform)
    let clamped = min(max(number, low), high)
    let result = mean + deviation * (isMirrored ? -clamped : clamped)
    return min(max(result, bounds.lowerBound), bounds.upperBound)
  }

  private static func fillOrthogonal<Element: BinaryFloatingPoint>(
    _ elements: UnsafeMutableBufferPointer<Element>, _ rows: Int, _ columns: Int, _ gain: Double,
    _ generator: inout Philox.Generator
  ) {
    let (count, length) = (min(rows, columns), max(rows, columns))
    var vectors = [Double](repeating: 0, count: count * length)
    vectors.withUnsafeMutableBufferPointer { vectors in
      eachNormal(vectors.count, &generator) { vectors[$0] = $1 }
    }
    Orthogonalization.apply(&vectors, count: count, length: length)
    for vector in 0..<count {
      for place in 0..<length {
        let index = rows < columns ? vector * columns + place : place * columns + vector
        elements[index] = Element(gain * vectors[vector * length + place])
      }
    }
  }
}
