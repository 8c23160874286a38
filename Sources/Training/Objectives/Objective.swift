import JSON
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
  public internal(set) var encoding: TargetEncoding
  public let weight: TermWeight
  /// What the target is.
  let learned: LossTarget
  /// Whether the target is classes rather than numbers.
  let learnsClasses: Bool
  /// Answers an example has, and outputs an answer has.
  let places: Int
  let answerWidth: Int

  /// - Throws: `Faults` when loss, output and target don't fit.
  init(
    name: String, loss: any Loss, weight: TermWeight = .one, output: Int, of model: Model,
    target: ExampleTarget, isOnly: Bool
  ) throws(Faults) {
    let shape = model.outputs[output].shape
    self.name = name
    self.loss = loss
    self.weight = weight
    self.output = output
    self.target = isOnly ? nil : target.name
    do throws(ShapeFault) {
      encoding = try loss.encoding(output: shape, target: target.target)
    } catch {
      throw Faults([Fault(pointer: "", detail: error.detail)])
    }
    learned = target.target
    learnsClasses = if case .classes = target.target { true } else { false }
    places = target.target.places
    answerWidth = shape.count / max(places, 1)
  }

  /// How many numbers the target of an example has; 0 where it is classes.
  var numberCount: Int {
    switch encoding {
    case .values: places * answerWidth
    case .numbers(let shape): shape.count
    case .classIndices, .classNumber, .oneHot: 0
    }
  }
}
