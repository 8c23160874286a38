import CVectorMath
import Tensors

/// What changes from step to step.
public typealias OptimizerScalars = vm_step_scalars

extension vm_step_scalars {
  /// Nothing is clipped.
  public init(learningRate: Double, factors: StepFactors, isDue: Bool = false) {
    self.init(
      learning_rate: learningRate, gradient_scale: 1, value_limit: .infinity,
      factors: (factors.first, factors.second, factors.third, factors.fourth), is_due: isDue)
  }
}

/// What a rule makes of a step's number and rate, for its kernel.
public struct StepFactors: Hashable, Sendable {
  public var first: Double
  public var second: Double
  public var third: Double
  public var fourth: Double

  public init(
    _ first: Double = 1, _ second: Double = 1, _ third: Double = 1, _ fourth: Double = 1
  ) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
  }
}

/// One parameter as an optimizer's kernels see it.
///
/// - `statistics` has an entry a tile of `OptimizerKernels.tiling(count:)`; each run overwrites it.
/// - `workspace` is shared by all parameters, whose kernels run one after the other.
public struct OptimizerOperands: @unchecked Sendable {
  public let parameter: UnsafeMutableRawPointer
  public let gradient: UnsafeRawPointer
  /// What the optimizer keeps of it, by name.
  public let slots: [String: UnsafeMutableRawPointer]
  public let shape: Shape
  public let element: ElementType
  public let scalars: UnsafePointer<OptimizerScalars>
  public let statistics: UnsafeMutablePointer<GradientStatistics>
  /// As large as the optimizer asks for, aligned to 64 bytes.
  public let workspace: UnsafeMutableRawPointer?

  public var count: Int { shape.count }

  public init(
    parameter: UnsafeMutableRawPointer, gradient: UnsafeRawPointer,
    slots: [String: UnsafeMutableRawPointer], shape: Shape, element: ElementType,
    scalars: UnsafePointer<OptimizerScalars>, statistics: UnsafeMutablePointer<GradientStatistics>,
    workspace: UnsafeMutableRawPointer? = nil
  ) {
    self.parameter = parameter
    self.gradient = gradient
    self.slots = slots
    self.shape = shape
    self.element = element
    self.scalars = scalars
    self.statistics = statistics
    self.workspace = workspace
  }
}

/// What a rule's document says, for its kernel.
public struct UpdateRule: Hashable, Sendable {
  public var beta1 = 0.0
  public var beta2 = 0.0
  public var epsilon = 0.0
  public var weightDecay = 0.0
  public var momentum = 0.0
  public var limit = 0.0
  /// Whether weights decay apart from the gradient.
  public var isDecoupled = false
  public var isNesterov = false

  public init() {}

  public init(_ set: (inout UpdateRule) -> Void) { set(&self) }

  var settings: vm_rule {
    vm_rule(
      beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay, momentum: momentum,
      limit: limit, decoupled: isDecoupled, nesterov: isNesterov)
  }
}

/// Optimizer steps: passes over a parameter, its gradient and slots that also measure the gradient.
public enum OptimizerKernels {
  public static func tiling(count: Int) -> Tiling { Tiling(count: count, grain: 16_384) }

  /// Bytes of a workspace's part that holds the sums of tiles and what is made of them.
  public static let sumBytes = Int(VM_UPDATE_WORK) * MemoryLayout<Double>.stride

  struct Arguments: @unchecked Sendable {
    var update: vm_update
    var tiling: Tiling
    var statistics: UnsafeMutablePointer<GradientStatistics>
    var function:
      @convention(c) (
        UnsafePointer<vm_update>?, Int, Int, Int, UnsafeMutablePointer<vm_gradient_statistics>?
      ) -> Void
    var begins: Bool
    var waits: Bool
  }

  /// A pass over all elements of a parameter.
  ///
  /// - Parameters:
  ///   - slots: those that the pass reads, by name, in its order; one that isn't kept is left out.
  ///   - isContinued: whether the statistics go on from those of a pass before.
  ///   - waits: whether it does nothing in a step in which it isn't due.
  public static func call(
    _ pass: UpdatePass, _ operands: OptimizerOperands, slots: [String], _ rule: UpdateRule,
    isContinued: Bool = false, waits: Bool = false
  ) -> KernelCall {
    call(
      pass, operands, pointers: slots.map { operands.slots[$0] }, rule, isContinued: isContinued,
      waits: waits)
  }

  static func call(
    _ pass: UpdatePass, _ operands: OptimizerOperands, pointers: [UnsafeMutableRawPointer?],
    _ rule: UpdateRule, isContinued: Bool, waits: Bool = false
  ) -> KernelCall {
    let tiling = tiling(count: operands.count)
    let kept = pointers.count { $0 != nil }
    let arguments = Arguments(
      update: update(operands, pointers, rule), tiling: tiling, statistics: operands.statistics,
      function: operands.element == .float64 ? pass.double : pass.single, begins: !isContinued,
      waits: waits)
    return Kernel(
      pass.name, tiles: tiling.tiles, flops: pass.flops * operands.count,
      bytes: operands.count * operands.element.byteCount * (pass.arrays + 2 * kept),
      arguments: arguments
    ) { arguments, tile in
      let range = arguments.tiling.range(tile)
      if arguments.waits, !arguments.update.scalars.pointee.is_due { return }
      if arguments.begins { arguments.statistics[tile] = vm_gradient_statistics() }
      var update = arguments.update
      arguments.function(
        &update, tile, range.lowerBound, range.upperBound, arguments.statistics + tile)
    }
  }

  static func update(
    _ operands: OptimizerOperands, _ pointers: [UnsafeMutableRawPointer?], _ rule: UpdateRule
  ) -> vm_update {
    func pointer(_ index: Int) -> UnsafeMutableRawPointer? {
      index < pointers.count ? pointers[index] : nil
    }
    return vm_update(
      parameter: operands.parameter, gradient: operands.gradient,
      slots: (pointer(0), pointer(1), pointer(2), pointer(3)),
      work: operands.workspace?.assumingMemoryBound(to: Double.self), scalars: operands.scalars,
      rule: rule.settings)
  }

  /// The two sums that a pass over all tiles has left in the workspace.
  public struct Sums {
    public var first = 0.0
    public var second = 0.0
  }

  /// Adds up what tiles have left, in their order, and leaves what is made of it for the next pass.
  ///
  /// - Precondition: the operands have a workspace.
  public static func reduce(
    _ operands: OptimizerOperands,
    _ result: @escaping @Sendable (Sums, OptimizerScalars) -> Double
  ) -> KernelCall {
    guard let workspace = operands.workspace else { preconditionFailure("no workspace") }
    let tiles = tiling(count: operands.count).tiles
    return reduce(workspace, tiles: tiles, operands.scalars, result)
  }

  static func reduce(
    _ workspace: UnsafeMutableRawPointer, tiles: Int, _ scalars: UnsafePointer<OptimizerScalars>,
    _ result: @escaping @Sendable (Sums, OptimizerScalars) -> Double
  ) -> KernelCall {
    Kernel(
      "reduce",
      arguments: Reduction(
        work: workspace.assumingMemoryBound(to: Double.self), tiles: tiles, scalars: scalars,
        result: result)
    ) { reduction, _ in
      var sums = Sums()
      for tile in 0..<reduction.tiles {
        sums.first += reduction.work[2 * tile]
        sums.second += reduction.work[2 * tile + 1]
      }
      reduction.work[Int(VM_UPDATE_RESULT)] = reduction.result(sums, reduction.scalars.pointee)
    }
  }

  private struct Reduction: @unchecked Sendable {
    var work: UnsafeMutablePointer<Double>
    var tiles: Int
    var scalars: UnsafePointer<OptimizerScalars>
    var result: @Sendable (Sums, OptimizerScalars) -> Double
  }

  /// Measures a gradient and leaves it as it is.
  public static func statistics(_ operands: OptimizerOperands) -> KernelCall {
    let tiling = tiling(count: operands.count)
    let arguments = (operands, tiling)
    return Kernel(
      "gradient_statistics", tiles: tiling.tiles, flops: 4 * operands.count,
      bytes: operands.count * operands.element.byteCount,
      arguments: arguments, for: operands.element,
      double: { arguments, tile in
        let (range, statistics) = (arguments.1.range(tile), arguments.0.statistics + tile)
        statistics.pointee = vm_gradient_statistics()
        vm_gradient_statistics_f64(
          arguments.0.gradient.assumingMemoryBound(to: Double.self) + range.lowerBound,
          range.count, statistics)
      },
      single: { arguments, tile in
        let (range, statistics) = (arguments.1.range(tile), arguments.0.statistics + tile)
        statistics.pointee = vm_gradient_statistics()
        vm_gradient_statistics_f32(
          arguments.0.gradient.assumingMemoryBound(to: Float.self) + range.lowerBound,
          range.count, statistics)
      })
  }
}
