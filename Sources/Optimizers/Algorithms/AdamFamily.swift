import JSON
import Kernels
import Tensors

/// Adam and what differs from it by where weight decay goes and what the divisor is.
protocol AdamFamily: Optimizer {
  /// Whether weights shrink apart from the gradient.
  static var isDecoupled: Bool { get }

  var moments: Moments { get }
  var weightDecay: Double { get }
  /// Whether the divisor is the largest mean of squares so far.
  var isAMSGrad: Bool { get }
}

extension AdamFamily {
  /// The slot of the largest mean of squares.
  private static var largest: String { "max_exp_avg_sq" }

  /// The members that all of them have.
  var common: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration
      + [("weight_decay", .number(weightDecay))]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Moments.slots(shape) + (isAMSGrad ? [OptimizerSlot(Self.largest, shape)] : [])
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    moments.factors(step: step, learningRate: learningRate)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .adam, operands, slots: Moments.names + [Self.largest],
        moments.rule(weightDecay: weightDecay, isDecoupled: Self.isDecoupled))
    ]
  }
}
