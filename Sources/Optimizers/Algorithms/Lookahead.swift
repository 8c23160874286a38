import JSON
import Kernels
import Tensors

/// Slow weights that follow those of another optimizer.
///
/// Every `k` steps of the inner optimizer `slow += α (p - slow)`, and `p = slow`. Zhang et al. 2019, arXiv:1907.08610. What a step
/// moved is measured before the weights go back.
public struct Lookahead: Optimizer {
  public let inner: any Optimizer
  public let steps: Int
  public let alpha: Double

  private static let innerField = Field(
    "optimizer", .described("an optimizer, but not lookahead or sam"), isRequired: true,
    "The optimizer that makes the fast steps.")
  private static let stepsField = Field(
    "steps", .integer(1...1_000_000), default: 5, "k, fast steps between two slow ones.")
  private static let alphaField = Field(
    "alpha", .number(0...1), default: 0.5, "α, how far the slow weights go to the fast ones.")

  public static let documentation = CatalogEntry(
    type: "lookahead",
    summary: "Slow weights that follow those of another optimizer.",
    formula: "each k steps: slow += α (p - slow); p = slow",
    fields: [innerField, stepsField, alphaField],
    source: "Zhang, Lucas, Hinton and Ba 2019, arXiv:1907.08610, algorithm 1.")

  public init(from reader: inout ObjectReader) {
    inner = OptimizerCatalog.inner(&reader, excluding: ["lookahead", "sam"])
    steps = reader.integer(Lookahead.stepsField)
    alpha = reader.double(Lookahead.alphaField)
  }

  public var configuration: [(String, JSON)] {
    [("optimizer", inner.json), ("steps", .integer(steps)), ("alpha", .number(alpha))]
  }

  public var learningRate: Double { inner.learningRate }
  public func learningRate(of shape: Shape) -> Double { inner.learningRate(of: shape) }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    inner.slots(of: shape) + [OptimizerSlot("slow_param", shape, beginning: .parameter)]
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    inner.factors(step: step, learningRate: learningRate, memory: &memory)
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int {
    inner.workspaceBytes(of: shape, element: element)
  }

  public var interval: Int { steps }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = UpdateRule { $0.limit = alpha }
    // Its pass has no sums to leave.
    return inner.update(operands) + [
      OptimizerKernels.call(
        .lookahead, operands, slots: ["slow_param"], rule, isContinued: true, waits: true)
    ]
  }
}
