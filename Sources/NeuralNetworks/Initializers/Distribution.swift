import Foundation
import Tensors

/// What the elements of a parameter are drawn from.
public enum Distribution: Hashable, Sendable {
  case constant(Double)
  case uniform(low: Double, high: Double)
  case normal(mean: Double, standardDeviation: Double)

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
      var index = 0
      while index < elements.count {
        let pair = Distribution.normalPair(&generator)
        elements[index] = Element(mean + deviation * pair.0)
        if index + 1 < elements.count { elements[index + 1] = Element(mean + deviation * pair.1) }
        index += 2
      }
    }
  }

  /// Two independent draws of N(0, 1). Box and Muller 1958, doi:10.1214/aoms/1177706645.
  private static func normalPair(_ generator: inout Philox.Generator) -> (Double, Double) {
    // 1 - u lies in (0, 1], where the logarithm is finite.
    let radius = (-2 * log(1 - generator.uniform())).squareRoot()
    let angle = 2 * Double.pi * generator.uniform()
    return (radius * cos(angle), radius * sin(angle))
  }
}
