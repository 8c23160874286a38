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

  /// The arrays it remembers for each parameter, named as in PyTorch's `state_dict`; they begin as
  /// zeros.
  var slots: [String] { get }

  /// The scalars of a step that don't depend on the parameter.
  ///
  /// - Parameter step: counted from 1.
  func scalars(step: Int, learningRate: Double) -> StepScalars

  /// The launch that updates one parameter and answers its gradient's statistics.
  func update(_ block: UpdateBlock) -> KernelCall
}
