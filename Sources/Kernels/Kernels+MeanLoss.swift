import CVectorMath
import Tensors

/// Means of losses that lie in doubles.
extension Kernels {
  private struct MeanArguments {
    var parts: UnsafeMutableRawPointer
    var count: Int
    var divisor: Double
    var y: UnsafeMutableRawPointer
  }

  private struct QuotientArguments {
    var parts: UnsafeMutableRawPointer
    var count: Int
    var divisor: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
  }

  /// The sum of parts, in order, over a number that is known.
  static func mean(
    _ element: ElementType, of parts: UnsafeMutableRawPointer, parts count: Int, over divisor: Int,
    y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let arguments = MeanArguments(parts: parts, count: count, divisor: Double(divisor), y: y)
    return Kernel(
      "mean_of_losses", flops: count, bytes: 8 * count, arguments: arguments,
      for: element,
      double: { a, _ in a.y.doubles[0] = vm_sum_doubles(a.parts.doubles, Int64(a.count)) / a.divisor
      },
      single: { a, _ in
        a.y.floats[0] = Float(vm_sum_doubles(a.parts.doubles, Int64(a.count)) / a.divisor)
      })
  }

  /// The sum of parts, in order, over a double that lies at `divisor`; 0 where that is 0.
  static func mean(
    _ element: ElementType, of parts: UnsafeMutableRawPointer, parts count: Int,
    overNumberAt divisor: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let arguments = QuotientArguments(parts: parts, count: count, divisor: divisor, y: y)
    return Kernel(
      "mean_of_losses", flops: count, bytes: 8 * count, arguments: arguments,
      for: element,
      double: { a, _ in a.y.doubles[0] = quotient(a) },
      single: { a, _ in a.y.floats[0] = Float(quotient(a)) })
  }

  private static func quotient(_ a: QuotientArguments) -> Double {
    let divisor = a.divisor.doubles[0]
    return divisor == 0 ? 0 : vm_sum_doubles(a.parts.doubles, Int64(a.count)) / divisor
  }
}
