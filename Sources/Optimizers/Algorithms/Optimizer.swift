import JSON
import Kernels

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

  /// The arrays it remembers for each parameter, named as in PyTorch's `state_dict`; they begin as
  /// zeros.
  var slots: [String] { get }

  /// The launch that updates one parameter and measures its gradient in the same pass.
  func update(_ operands: OptimizerOperands) -> KernelCall

  /// The factors by which a step is corrected for slots that began as zeros; 1 when it isn't.
  func corrections(step: Int) -> (first: Double, second: Double)
}

extension Optimizer {
  public static var type: String { documentation.type }

  /// The optimizer as canonical JSON.
  public var json: JSON {
    .object(JSONObject([("type", .string(Self.type))] + configuration))
  }

  public func corrections(step: Int) -> (first: Double, second: Double) { (1, 1) }
}
