import Autodiff
import Kernels
import Tensors

/// An optimizer bound to the parameters, gradients and slots of one run, ready to step.
///
/// A step without a clip is one pass: it updates a parameter and measures its gradient at once. With
/// a clip a pass goes before that measures the gradients as they came. A step allocates nothing.
///
/// Used by one thread at a time; the work is spread over the team's threads, and the results don't
/// depend on how many those are.
public final class BoundOptimizer {
  public let optimizer: any Optimizer
  public private(set) var clip: Clip?
  public let slots: [OptimizerSlot]
  /// The L2 norm of all gradients of the last step together, before clipping.
  public private(set) var gradientNorm = 0.0
  /// What the last step's gradients were multiplied by to keep their norm; 1 when they were not.
  public private(set) var clipFactor = 1.0

  private let team: ThreadTeam
  private let updates: KernelSequence
  /// Measures the gradients before they are clipped.
  private let measurements: KernelSequence?
  private let updated: StatisticsBlock
  private let measured: StatisticsBlock?
  private let scalars: UnsafeMutablePointer<OptimizerScalars>
  // What the kernels point to must live as long as they do.
  private let parameters: ParameterStore
  private let gradients: ParameterStore

  /// - Precondition: parameters, gradients and slots have the same entries and element type.
  public init(
    _ optimizer: any Optimizer, clip: Clip?, parameters: ParameterStore, gradients: ParameterStore,
    slots: [OptimizerSlot], team: ThreadTeam
  ) {
    precondition(parameters.shapes == gradients.shapes, "a gradient for every parameter")
    precondition(slots.map(\.name) == optimizer.slots, "the slots of this optimizer")
    self.optimizer = optimizer
    self.clip = clip
    self.slots = slots
    self.team = team
    self.parameters = parameters
    self.gradients = gradients
    let scalars = UnsafeMutablePointer<OptimizerScalars>.allocate(capacity: 1)
    scalars.initialize(to: OptimizerScalars())
    self.scalars = scalars

    let counts = parameters.shapes.map(\.count)
    let updated = StatisticsBlock(counts: counts)
    let measured = clip == nil ? nil : StatisticsBlock(counts: counts)
    var updates: [KernelCall] = []
    var measurements: [KernelCall] = []
    for (index, count) in counts.enumerated() {
      func operands(_ statistics: StatisticsBlock) -> OptimizerOperands {
        OptimizerOperands(
          parameter: parameters.pointer(index), gradient: gradients.pointer(index),
          slots: slots.map { $0.store.pointer(index) }, count: count, element: parameters.element,
          scalars: scalars, statistics: statistics.tiles(of: index))
      }
      updates.append(optimizer.update(operands(updated)))
      if let measured {
        measurements.append(OptimizerKernels.statistics(operands(measured)))
      }
    }
    self.updated = updated
    self.measured = measured
    self.updates = KernelSequence(updates)
    self.measurements = measured == nil ? nil : KernelSequence(measurements)
  }

  deinit { scalars.deallocate() }

  /// Bounds the norm of all gradients together from the next step on, unless it's bounded closer already.
  ///
  /// - Precondition: made with a clip by norm, which may be infinite; one by value stays as it is.
  public func tighten(norm limit: Double) {
    guard case .norm(let present)? = clip, limit < present else { return }
    clip = .norm(limit)
  }

  /// Updates the parameters by the gradients.
  ///
  /// - Parameters:
  ///   - step: counted from 1, also after a run was resumed.
  ///   - learningRate: the optimizer's times the schedule's factor.
  public func step(_ step: Int, learningRate: Double) {
    let corrections = optimizer.corrections(step: step)
    scalars.pointee = OptimizerScalars(
      learning_rate: learningRate, gradient_scale: 1, value_limit: .infinity,
      correction1: corrections.first, correction2: corrections.second, is_first: step == 1)
    clipFactor = 1
    if let measurements, let measured {
      measurements.run(on: team)
      measured.merge()
      gradientNorm = measured.norm
    }
    switch clip {
    case .norm(let limit):
      clipFactor = min(1, limit / (gradientNorm + 1e-6))
      scalars.pointee.gradient_scale = clipFactor
    case .value(let limit):
      scalars.pointee.value_limit = limit
    case nil: break
    }
    updates.run(on: team)
    updated.merge()
    if measured == nil { gradientNorm = updated.norm }
  }

  /// What the last step's gradient of a parameter looked like, before clipping.
  public func statistics(of parameter: Int) -> GradientStatistics {
    (measured ?? updated).merged[parameter]
  }

  /// The same after clipping.
  public func clippedStatistics(of parameter: Int) -> GradientStatistics {
    updated.merged[parameter]
  }

  /// Whether every element of every gradient of the last step was finite.
  public var gradientsAreFinite: Bool { (measured ?? updated).isFinite }
}
