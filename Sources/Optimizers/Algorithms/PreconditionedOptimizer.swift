import Kernels
import Tensors

/// An optimizer that multiplies a matrix's gradient by what it remembers of `G Gᵀ` and `Gᵀ G`, and takes Adam's step of all else.
protocol PreconditionedOptimizer: Optimizer {
  var moments: Moments { get }
  var weightDecay: Double { get }
  /// Rows of a factor at most.
  var largest: Int { get }
  /// What is made of a factor, in the names of slots.
  var map: String { get }
  /// Whether it keeps Adam's means of a matrix; of the gradient it always does.
  var keepsSquares: Bool { get }
  /// Steps at the start that a matrix doesn't take.
  var skipped: Int { get }

  func matrixStep(_ operands: OptimizerOperands) -> [KernelCall]
}

extension PreconditionedOptimizer {
  private func hasFactors(_ shape: Shape) -> Bool {
    shape.rank > 1 && shape.count > 0 && min(shape[0], shape.count / shape[0]) <= largest
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    guard hasFactors(shape) else { return Moments.slots(shape) }
    let means = keepsSquares ? Moments.slots(shape) : [OptimizerSlot(Moments.names[0], shape)]
    let sides = [("left", shape[0]), ("right", shape.count / shape[0])]
    return means
      + sides.filter { $0.1 <= largest }.flatMap { name, size in
        [
          OptimizerSlot("\(name)_factor", Shape([size, size])),
          OptimizerSlot("\(name)_\(map)", Shape([size, size])),
        ]
      }
  }

  /// Those of Adam's step, and `1 / (1 - β₁ᵗ)` and `1 / √(1 - β₂ᵗ)` of a matrix.
  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    let plain = moments.factors(step: step, learningRate: learningRate)
    let own = moments.corrections(step: max(1, step - skipped))
    return StepFactors(plain.first, plain.second, 1 / own.first, 1 / own.second)
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int {
    hasFactors(shape)
      ? OptimizerKernels.sumBytes
        + OptimizerKernels.preconditionedBytes(shape, largest: largest, element) : 0
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    hasFactors(operands.shape)
      ? matrixStep(operands) : moments.plainStep(operands, weightDecay: weightDecay)
  }
}
