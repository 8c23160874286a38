import JSON
import Kernels
import Tensors

/// Sharpness-aware minimisation: another optimizer by the gradient at the top of a short climb.
///
/// `e = ρ g / ‖g‖`, adaptive `e = ρ w² g / ‖|w| g‖`; the inner optimizer steps from `w` by the gradient of the same batch at `w + e`.
/// A step takes two passes. Foret et al. 2020, arXiv:2010.01412; adaptive: Kwon et al. 2021, arXiv:2102.11600.
public struct SAM: Optimizer {
  public let inner: any Optimizer
  public let radius: Double
  public let isAdaptive: Bool

  private static let innerField = Field(
    "optimizer", .described("an optimizer, but not sam"), isRequired: true,
    "The optimizer that makes the step.")
  private static let radiusField = Field(
    "rho", .number(1e-9...1e3), default: 0.05, "ρ, the length of the climb.")
  private static let adaptiveField = Field(
    "adaptive", .boolean, default: false,
    "Whether weights climb in proportion to their squares, as in ASAM.")

  public static let documentation = CatalogEntry(
    type: "sam",
    summary: "Another optimizer by the gradient at the top of a short climb.",
    formula: "e = ρ g(w) / ‖g(w)‖; the inner optimizer's step from w by g(w + e)",
    fields: [innerField, radiusField, adaptiveField],
    source: "Foret et al. 2020, arXiv:2010.01412; adaptive: Kwon et al. 2021, arXiv:2102.11600.")

  public init(from reader: inout ObjectReader) {
    inner = OptimizerCatalog.inner(&reader, excluding: ["sam"])
    radius = reader.double(SAM.radiusField)
    isAdaptive = reader.bool(SAM.adaptiveField)
  }

  public var configuration: [(String, JSON)] {
    [("optimizer", inner.json), ("rho", .number(radius)), ("adaptive", .bool(isAdaptive))]
  }

  public var ascent: Ascent? { Ascent(radius: radius, isAdaptive: isAdaptive) }

  public var learningRate: Double { inner.learningRate }
  public func learningRate(of shape: Shape) -> Double { inner.learningRate(of: shape) }
  public func slots(of shape: Shape) -> [OptimizerSlot] { inner.slots(of: shape) }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    inner.factors(step: step, learningRate: learningRate, memory: &memory)
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int {
    inner.workspaceBytes(of: shape, element: element)
  }

  public var interval: Int { inner.interval }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] { inner.update(operands) }
}
