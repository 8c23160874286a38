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

/// What changes from step to step, the same for all parameters.
public typealias OptimizerScalars = vm_step_scalars

/// One parameter as an optimizer's kernel sees it.
///
/// - `statistics` has an entry a tile of `OptimizerKernels.tiling(count:)`; each run overwrites it.
public struct OptimizerOperands: @unchecked Sendable {
  public let parameter: UnsafeMutableRawPointer
  public let gradient: UnsafeRawPointer
  /// As many arrays as the optimizer keeps, in its order.
  public let slots: [UnsafeMutableRawPointer]
  public let count: Int
  public let element: ElementType
  public let scalars: UnsafePointer<OptimizerScalars>
  public let statistics: UnsafeMutablePointer<GradientStatistics>

  public init(
    parameter: UnsafeMutableRawPointer, gradient: UnsafeRawPointer,
    slots: [UnsafeMutableRawPointer], count: Int, element: ElementType,
    scalars: UnsafePointer<OptimizerScalars>, statistics: UnsafeMutablePointer<GradientStatistics>
  ) {
    self.parameter = parameter
    self.gradient = gradient
    self.slots = slots
    self.count = count
    self.element = element
    self.scalars = scalars
    self.statistics = statistics
  }
}

/// Optimizer steps: one pass over a parameter, its gradient and slots that also measures the gradient.
public enum OptimizerKernels {
  public static func tiling(count: Int) -> Tiling { Tiling(count: count, grain: 16_384) }

  private struct Step<Settings: Sendable>: @unchecked Sendable {
    let parameter: UnsafeMutableRawPointer
    let gradient: UnsafeRawPointer
    let first: UnsafeMutableRawPointer?
    let second: UnsafeMutableRawPointer?
    let tiling: Tiling
    let scalars: UnsafePointer<OptimizerScalars>
    let statistics: UnsafeMutablePointer<GradientStatistics>
    let settings: Settings

    init(_ operands: OptimizerOperands, _ settings: Settings) {
      parameter = operands.parameter
      gradient = operands.gradient
      first = operands.slots.first
      second = operands.slots.count > 1 ? operands.slots[1] : nil
      tiling = OptimizerKernels.tiling(count: operands.count)
      scalars = operands.scalars
      statistics = operands.statistics
      self.settings = settings
    }

    @inline(__always)
    func pointers<Element>(_: Element.Type, _ tile: Int) -> (
      p: UnsafeMutablePointer<Element>, g: UnsafePointer<Element>,
      first: UnsafeMutablePointer<Element>?, second: UnsafeMutablePointer<Element>?, n: Int
    ) {
      let range = tiling.range(tile)
      let start = range.lowerBound
      return (
        parameter.assumingMemoryBound(to: Element.self) + start,
        gradient.assumingMemoryBound(to: Element.self) + start,
        first.map { $0.assumingMemoryBound(to: Element.self) + start },
        second.map { $0.assumingMemoryBound(to: Element.self) + start }, range.count
      )
    }
  }

  /// Stochastic gradient descent; one slot with momentum, none without.
  public static func sgd(
    _ operands: OptimizerOperands, momentum: Double, dampening: Double, nesterov: Bool,
    weightDecay: Double
  ) -> KernelCall {
    let settings = vm_sgd_settings(
      momentum: momentum, dampening: dampening, weight_decay: weightDecay, nesterov: nesterov)
    let step = Step(operands, settings)
    let (tiles, count) = (step.tiling.tiles, operands.count)
    let bytes = count * operands.element.byteCount * (3 + 2 * operands.slots.count)
    if operands.element == .float64 {
      return Kernel("sgd", tiles: tiles, flops: 8 * count, bytes: bytes, arguments: step) {
        step, tile in
        let at = step.pointers(Double.self, tile)
        var settings = step.settings
        step.statistics[tile] = vm_gradient_statistics()
        vm_sgd_step_f64(at.p, at.g, at.first, at.n, &settings, step.scalars, step.statistics + tile)
      }
    }
    return Kernel("sgd", tiles: tiles, flops: 8 * count, bytes: bytes, arguments: step) {
      step, tile in
      let at = step.pointers(Float.self, tile)
      var settings = step.settings
      step.statistics[tile] = vm_gradient_statistics()
      vm_sgd_step_f32(at.p, at.g, at.first, at.n, &settings, step.scalars, step.statistics + tile)
    }
  }

  /// Adam, or AdamW when the decay is decoupled; two slots.
  public static func adam(
    _ operands: OptimizerOperands, beta1: Double, beta2: Double, epsilon: Double,
    weightDecay: Double, decoupled: Bool
  ) -> KernelCall {
    let settings = vm_adam_settings(
      beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay, decoupled: decoupled)
    let step = Step(operands, settings)
    let (tiles, count) = (step.tiling.tiles, operands.count)
    let bytes = count * operands.element.byteCount * 7
    if operands.element == .float64 {
      return Kernel("adam", tiles: tiles, flops: 16 * count, bytes: bytes, arguments: step) {
        step, tile in
        let at = step.pointers(Double.self, tile)
        var settings = step.settings
        step.statistics[tile] = vm_gradient_statistics()
        vm_adam_step_f64(
          at.p, at.g, at.first, at.second, at.n, &settings, step.scalars, step.statistics + tile)
      }
    }
    return Kernel("adam", tiles: tiles, flops: 16 * count, bytes: bytes, arguments: step) {
      step, tile in
      let at = step.pointers(Float.self, tile)
      var settings = step.settings
      step.statistics[tile] = vm_gradient_statistics()
      vm_adam_step_f32(
        at.p, at.g, at.first, at.second, at.n, &settings, step.scalars, step.statistics + tile)
    }
  }

  /// Measures a gradient and leaves it as it is.
  public static func statistics(_ operands: OptimizerOperands) -> KernelCall {
    let step = Step(operands, ())
    let (tiles, count) = (step.tiling.tiles, operands.count)
    let bytes = count * operands.element.byteCount
    if operands.element == .float64 {
      return Kernel(
        "gradient_statistics", tiles: tiles, flops: 4 * count, bytes: bytes, arguments: step
      ) {
        step, tile in
        let at = step.pointers(Double.self, tile)
        step.statistics[tile] = vm_gradient_statistics()
        vm_gradient_statistics_f64(at.g, at.n, step.statistics + tile)
      }
    }
    return Kernel(
      "gradient_statistics", tiles: tiles, flops: 4 * count, bytes: bytes, arguments: step
    ) {
      step, tile in
      let at = step.pointers(Float.self, tile)
      step.statistics[tile] = vm_gradient_statistics()
      vm_gradient_statistics_f32(at.g, at.n, step.statistics + tile)
    }
  }
}
