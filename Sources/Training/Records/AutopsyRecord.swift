import Autodiff
import JSON

/// Where the first number of a run that isn't one came from.
public struct AutopsyRecord: Hashable, Sendable, Codable {
  /// In which part of a step it came about.
  public enum Phase: String, Hashable, Sendable, Codable {
    /// An example of the batch holds it.
    case data
    case forward
    case backward
    /// In no operation that could be looked at.
    case unknown
  }

  /// The step that failed.
  public let step: Int
  public let epoch: Int
  /// The loss of the step's batch; may be not finite itself.
  public let loss: Double
  public let learningRate: Double
  public private(set) var phase: Phase
  /// `nil` for data, and where it isn't known.
  public private(set) var operation: UnsoundOperation?
  public let layer: String?
  /// The parameter whose gradient isn't finite, when the loss was.
  public let parameter: String?
  /// The examples of the batch, as the dataset counts them from 0.
  public let examples: [Int]
  /// Those of them that hold numbers that aren't finite.
  public let unsoundExamples: [Int]
  /// The checkpoint that holds the weights before the step, by its step.
  public internal(set) var weightsStep: Int?

  init(
    step: Int, epoch: Int, loss: Double, learningRate: Double, phase: Phase,
    operation: UnsoundOperation?, layer: String?, parameter: String?, examples: [Int],
    unsoundExamples: [Int]
  ) {
    self.step = step
    self.epoch = epoch
    self.loss = loss
    self.learningRate = learningRate
    self.phase = phase
    self.operation = operation
    self.layer = layer
    self.parameter = parameter
    self.examples = examples
    self.unsoundExamples = unsoundExamples
  }

  /// Takes in what repeating the step showed.
  public mutating func add(_ operation: UnsoundOperation?, weightsStep: Int) {
    self.weightsStep = weightsStep
    guard let operation else { return }
    self.operation = operation
    phase = operation.isBackward ? .backward : .forward
  }

  /// Examples that are listed at most.
  static let mostExamples = 1_024

  public var json: JSON {
    var object = JSONObject([
      ("step", .integer(step)), ("epoch", .integer(epoch)), ("loss", .number(loss)),
      ("learning_rate", .number(learningRate)), ("phase", .string(phase.rawValue)),
      ("layer", layer.map(JSON.string) ?? .null),
      ("parameter", parameter.map(JSON.string) ?? .null),
      ("operation", operation.map { .string($0.operation) } ?? .null),
      ("tensor", operation.map(\.output.json) ?? .null),
      ("inputs", .array(operation?.inputs.map(\.json) ?? [])),
      (
        "batch",
        [
          "size": .integer(examples.count),
          "examples": .array(examples.prefix(Self.mostExamples).map(JSON.integer)),
          "unsound": .array(unsoundExamples.prefix(Self.mostExamples).map(JSON.integer)),
        ]
      ),
      ("weights_step", weightsStep.map(JSON.integer) ?? .null),
    ])
    let advice = advice
    object["advice"] = [
      "text": .string(advice.text), "field": advice.field.map(JSON.string) ?? .null,
    ]
    return .object(object)
  }

  /// What to change, and where it stands in the run's request.
  var advice: (text: String, field: String?) {
    if phase == .data {
      return (
        "Leave out or repair the examples of batch.unsound; an upload can refuse or impute missing values.",
        "/dataset"
      )
    }
    guard let operation else {
      return (
        "Lower the learning rate, or bound the gradients.", "/training/optimizer/learning_rate"
      )
    }
    let least = operation.inputs.compactMap(\.minimum).min() ?? 0
    let largest = operation.inputs.compactMap(\.maximum).max() ?? 0
    let place = "layer \"\(operation.scope)\""
    switch operation.operation {
    case "log" where least <= 0, "sqrt" where least <= 0, "rsqrt" where least <= 0:
      return (
        "\(operation.operation) in \(place) was given \(least): keep its input above 0, for example by adding "
          + "a small number.", "/model"
      )
    case "expression":
      return (
        "The expression of \(place) was given numbers between \(least) and \(largest): keep what its functions are "
          + "given where they are defined, such as log(max(x, 1e-6)).", "/model"
      )
    case "divide" where least <= 0 && largest >= 0:
      return (
        "A division in \(place) can have 0 below the line: add a small number there.", "/model"
      )
    case "exp" where largest > 88:
      return (
        "exp in \(place) was given \(largest), and float32 ends at exp(88.7): subtract the largest before, or "
          + "lower the learning rate.", "/training/optimizer/learning_rate"
      )
    default:
      return (
        "Numbers up to \(max(abs(least), abs(largest))) went into \(operation.operation) in \(place): lower the "
          + "learning rate, set clip, or normalise before this layer.",
        "/training/optimizer/learning_rate"
      )
    }
  }
}

extension UnsoundOperation.Contents {
  var json: JSON {
    [
      "shape": .array(shape.map(JSON.integer)),
      "nonfinite": [
        "nan": .integer(nanCount), "pos_inf": .integer(positiveInfinityCount),
        "neg_inf": .integer(negativeInfinityCount),
      ],
      "min": minimum.map(JSON.number) ?? .null, "max": maximum.map(JSON.number) ?? .null,
    ]
  }
}
