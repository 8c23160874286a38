import NeuralNetworks

/// What an objective's outputs are compared with, as far as metrics care.
public struct MetricTask: Hashable, Sendable {
  public enum Target: Hashable, Sendable {
    /// One of so many classes, at each place of an example.
    case classes(Int)
    /// So many numbers an example.
    case numbers(Int)
    /// Nothing that a metric could compare; why not.
    case nothing(String)
  }

  public let target: Target
  /// What the outputs are compared with, for messages.
  let inWords: String
  /// Whether outputs are probabilities, once the loss's own link has been applied.
  let hasProbabilities: Bool
  /// For messages: the loss.
  let loss: String

  init(_ objective: Objective, output: OutputSpec) {
    let loss = objective.loss
    self.loss = Swift.type(of: loss).type
    inWords = objective.learned.inWords
    let final = output.finalActivation.kind
    hasProbabilities = loss.probabilities != nil || final == .softmax || final == .sigmoid
    if !loss.hasAnswers {
      self.target = .nothing("that of \(self.loss) answers with none")
    } else if objective.learnsClasses {
      self.target = .classes(objective.answerWidth == 1 ? 2 : objective.answerWidth)
    } else if loss.pointPrediction == .nothing {
      self.target = .nothing("the outputs of \(self.loss) hold no prediction of the target itself")
    } else {
      self.target = .numbers(objective.places * objective.numberCount)
    }
  }

  /// A target by itself, when the objective at it isn't known: of anything but the target the best is assumed.
  init(_ target: LossTarget) {
    loss = ""
    inWords = target.inWords
    hasProbabilities = true
    self.target =
      switch target {
      case .classes(let count, _): .classes(max(count, 2))
      case .vector(let shape): .numbers(shape.count)
      }
  }

  /// How many classes; `nil` when the target is none.
  var classes: Int? {
    if case .classes(let count) = target { count } else { nil }
  }

  // MARK: - Objections that several metrics have

  /// To anything but classes.
  var objectionForWantOfClasses: String? {
    switch target {
    case .classes: nil
    case .numbers: "needs classes; the dataset's target is \(inWords)"
    case .nothing(let why): "needs an output for each class; \(why)"
    }
  }

  /// To anything but numbers.
  var objectionForWantOfNumbers: String? {
    switch target {
    case .numbers: nil
    case .classes: "needs numbers; the dataset's target is \(inWords)"
    case .nothing(let why): "needs a prediction to compare with the target; \(why)"
    }
  }

  /// To classes whose probabilities nobody knows.
  var objectionForWantOfProbabilities: String? {
    if let objection = objectionForWantOfClasses { return objection }
    return hasProbabilities
      ? nil
      : "needs probabilities; with the loss \(loss) the outputs are scores: end the model in softmax or sigmoid, or take "
        + "a loss that has its own, as cross_entropy and binary_cross_entropy"
  }

  /// To more than two classes, for what is of the positive one.
  var objectionUnlessBinary: String? {
    if let objection = objectionForWantOfClasses { return objection }
    guard let classes, classes != 2 else { return nil }
    return "is of the second of two classes; the target is \(inWords)"
  }
}
