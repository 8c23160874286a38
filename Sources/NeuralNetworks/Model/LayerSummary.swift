import JSON
import Tensors

/// What a layer amounts to, for one example.
public struct LayerSummary: Hashable, Sendable {
  public let name: String
  public let type: String
  /// The layers, or inputs of the model, that it takes from.
  public let inputs: [String]
  public let inputShapes: [Shape]
  public let outputShape: Shape
  public let parameterCount: Int
  /// Floating-point operations of a forward pass; a multiply-add counts as two.
  public let forwardFlops: Int
  /// The bytes of the output.
  public let activationBytes: Int
  /// The bytes of the parameters.
  public let parameterBytes: Int

  public var json: JSON {
    [
      "name": .string(name),
      "type": .string(type),
      "inputs": .array(inputs.map(JSON.string)),
      "output_shape": .array(outputShape.dimensions.map(JSON.integer)),
      "parameters": .integer(parameterCount),
      "forward_flops": .integer(forwardFlops),
      "activation_bytes": .integer(activationBytes),
      "parameter_bytes": .integer(parameterBytes),
    ]
  }
}
