import JSON
import Kernels
import Tensors

/// Members and slots that Shampoo and SOAP share.
enum PreconditionedFields {
  static let every = Field(
    "precondition_every", .integer(1...100_000), default: 10,
    "Steps between two renewals of what the gradient is multiplied by; the first step makes it, too."
  )
  static let largest = Field(
    "max_factor", .integer(1...4096), default: 1024,
    "Rows of a factor at most; a side of the matrix that is longer isn't multiplied.")

  static func decay(_ value: Double) -> Field {
    Field(
      "factor_decay", .number(0...1), default: .number(value),
      "β of the factors' means; 1 for their sums.")
  }

  /// Whether it's a matrix with a side that isn't too long.
  static func hasFactors(_ shape: Shape, largest: Int) -> Bool {
    shape.rank > 1 && shape.count > 0 && min(shape[0], shape.count / shape[0]) <= largest
  }

  /// For each side that isn't too long a factor, and what is made of it.
  static func slots(_ shape: Shape, map: String, largest: Int) -> [OptimizerSlot] {
    let sides = [("left", shape[0]), ("right", shape.count / max(shape[0], 1))]
    return sides.filter { $0.1 <= largest }.flatMap { name, size in
      [
        OptimizerSlot("\(name)_factor", Shape([size, size])),
        OptimizerSlot("\(name)_\(map)", Shape([size, size])),
      ]
    }
  }

  static func workspaceBytes(_ shape: Shape, largest: Int, _ element: ElementType) -> Int {
    hasFactors(shape, largest: largest)
      ? OptimizerKernels.sumBytes
        + OptimizerKernels.preconditionedBytes(shape, largest: largest, element) : 0
  }
}

extension Moments {
  /// Those of Adam's step, and `1 / (1 - β₁ᵗ)` and `1 / √(1 - β₂ᵗ)` of a matrix.
  ///
  /// - Parameter skipped: steps at the start that a matrix doesn't take.
  func matrixFactors(step: Int, learningRate: Double, skipped: Int = 0) -> StepFactors {
    let plain = factors(step: step, learningRate: learningRate)
    let own = corrections(step: max(1, step - skipped))
    return StepFactors(plain.first, plain.second, 1 / own.first, 1 / own.second)
  }

  /// Adam's step, of what isn't a matrix.
  func plainStep(_ operands: OptimizerOperands, weightDecay: Double) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .adam, operands, slots: Moments.names,
        rule(weightDecay: weightDecay, isDecoupled: true))
    ]
  }
}
