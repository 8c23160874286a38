import NeuralNetworks

/// A loss at one of a model's outputs, against one of the targets.
public struct Objective: Sendable {
  /// What its series are called.
  public let name: String
  /// Which of the model's outputs.
  public let output: Int
  /// The name of the target; `nil` for the only one.
  public let target: String?
  public let loss: any Loss
  public let encoding: TargetEncoding
  /// Answers an example has, and outputs an answer has.
  let places: Int
  let answerWidth: Int

  /// - Throws: `ShapeFault` when loss, output and target don't fit.
  init(
    name: String, loss: any Loss, output: Int, of model: Model, target: ExampleTarget,
    isOnly: Bool
  ) throws(ShapeFault) {
    let shape = model.outputs[output].shape
    self.name = name
    self.loss = loss
    self.output = output
    self.target = isOnly ? nil : target.name
    encoding = try loss.encoding(output: shape, target: target.target)
    places = target.target.places
    answerWidth = shape.count / max(places, 1)
  }

  /// The one objective of a model with one output, and data with one target.
  static func only(
    _ loss: any Loss, of model: Model, target: ExampleTarget
  ) throws(ShapeFault) -> Objective {
    try Objective(
      name: model.outputs[0].name, loss: loss, output: 0, of: model, target: target, isOnly: true)
  }
}
