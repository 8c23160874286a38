import CVectorMath
import Tensors

/// What one pass over a gradient learns of it.
public typealias GradientStatistics = vm_gradient_statistics

extension vm_gradient_statistics {
  public var sumOfSquares: Double { sum_of_squares }
  public var maxAbs: Double { max_abs }
  public var nanCount: Int { Int(nan_count) }
  public var posInfCount: Int { Int(pos_inf_count) }
  public var negInfCount: Int { Int(neg_inf_count) }
  public var weightSquares: Double { weight_squares }
  public var updateSquares: Double { update_squares }

  /// Of `count` elements.
  public init(of gradient: UnsafePointer<Float>, count: Int) {
    self.init()
    vm_gradient_statistics_f32(gradient, count, &self)
  }

  /// Adds what another part of the same gradient gave.
  public mutating func merge(_ other: GradientStatistics) {
    sum_of_squares += other.sum_of_squares
    sum += other.sum
    max_abs = max(max_abs, other.max_abs)
    nan_count += other.nan_count
    pos_inf_count += other.pos_inf_count
    neg_inf_count += other.neg_inf_count
    weight_squares += other.weight_squares
    update_squares += other.update_squares
  }
}
