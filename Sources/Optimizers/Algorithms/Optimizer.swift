import JSON
import Kernels
import Tensors

/// A rule by which a step changes parameters.
///
/// It knows a parameter as a block of numbers, never as part of a layer. A new optimizer is a file
/// here, a line in `OptimizerCatalog` and a test.
public protocol Optimizer: Sendable {
  static var documentation: CatalogEntry { get }

  /// Reads the configuration; what is wrong with it is recorded in the reader.
  init(from reader: inout ObjectReader)

  var configuration: [(String, JSON)] { get }

  /// The rate that a schedule's factor multiplies.
  var learningRate: Double { get }

  /// The rate of parameters of a shape, where it isn't the same for all.
  func learningRate(of shape: Shape) -> Double

  /// The arrays it remembers of a parameter, named as in PyTorch's `state_dict`.
  func slots(of shape: Shape) -> [OptimizerSlot]

  /// The launches, one after the other, that update one parameter; the first that reads the gradient measures it too.
  func update(_ operands: OptimizerOperands) -> [KernelCall]

  /// What its kernels read of a step's number and rate, such as the corrections for slots that began as zeros.
  ///
  /// - Parameter memory: of the step before; what it says follows from the number alone.
  func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors

  /// Bytes of scratch memory that the update of a parameter wants; all parameters share them.
  func workspaceBytes(of shape: Shape, element: ElementType) -> Int

  /// Steps between two in which what waits is due; 0 for never.
  var interval: Int { get }

  /// How it climbs to where it wants a second gradient of the step; `nil` when one is enough.
  var ascent: Ascent? { get }
}

/// What an optimizer may remember from step to step to find the next step's factors quickly.
public struct StepMemory: Hashable, Sendable {
  /// The step it is of.
  public var step = 0
  public var product = 1.0

  public init() {}
}

extension Optimizer {
  public static var type: String { documentation.type }

  /// The optimizer as canonical JSON.
  public var json: JSON {
    .object(JSONObject([("type", .string(Self.type))] + configuration))
  }

  public func learningRate(of shape: Shape) -> Double { learningRate }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    StepFactors()
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int { 0 }

  public var interval: Int { 0 }

  public var ascent: Ascent? { nil }

  /// The bytes it remembers of parameters, and its scratch memory, in float32.
  public func memoryBytes(of shapes: [Shape]) -> Int {
    var bytes = 0
    var workspace = 0
    for shape in shapes {
      bytes += slots(of: shape).reduce(0) {
        $0 + $1.shape.count * ElementType.float32.byteCount
      }
      workspace = max(workspace, workspaceBytes(of: shape, element: .float32))
    }
    return bytes + workspace
  }
}
