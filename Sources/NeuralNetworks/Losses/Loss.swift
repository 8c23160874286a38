import Autodiff
import JSON
import Tensors

/// What a dataset gives to learn, for one example.
public enum LossTarget: Hashable, Sendable {
  /// One of so many classes at each place of this shape: `[]` for one an example, `[T]` for a sequence.
  case classes(Int, shape: Shape = [])
  /// Numbers of this shape.
  case vector(Shape)
}

extension LossTarget {
  /// One of as many classes as the output's last axis has, at least two, at each place of the others.
  static func classes(ofLastAxisOf output: Shape) -> LossTarget {
    .classes(
      max(output.dimensions.last ?? 2, 2), shape: Shape(Array(output.dimensions.dropLast())))
  }

  /// For a message: "one of 10 classes".
  public var inWords: String {
    switch self {
    case .classes(let count, let shape):
      shape.rank == 0
        ? "one of \(count) classes" : "one of \(count) classes at each place of \(shape)"
    case .vector(let shape): "numbers of shape \(shape)"
    }
  }
}

/// How a loss wants its targets laid out.
public enum TargetEncoding: Hashable, Sendable {
  /// The class at each place, an `int32` of `[N, …]`.
  case classIndices(Shape = [])
  /// The class as a number, a float of `[N, 1]`.
  case classNumber
  /// A float of `[N, …, classes]`, 1 at the class and 0 elsewhere.
  case oneHot
  /// The dataset's numbers, floats of `[N, …]`, the output's shape.
  case values
  /// The dataset's numbers in a shape of their own, floats of `[N, …]`.
  case numbers(Shape)
}

/// What makes probabilities of an output.
public enum ProbabilityRule: Hashable, Sendable {
  /// Over the last axis.
  case softmax
  case sigmoid
}

/// Where an output holds what a number of the target is predicted as.
public enum PointPrediction: Hashable, Sendable {
  /// The output itself, or the probability that the loss makes of it.
  case output
  /// The exponential of the output.
  case exponential
  /// Of so many next to each other for each number, this one.
  case one(Int, of: Int)
  /// The first of so many parts of the last axis.
  case firstPart(of: Int)
  /// Nowhere.
  case nothing
}

/// What training makes small.
///
/// The mean over the examples of a batch, or over what they weigh. A new loss is a file here, a line in
/// `LossCatalog` and a test file.
public protocol Loss: Sendable {
  static var documentation: CatalogEntry { get }

  /// Reads the configuration; what is wrong with it is recorded in the reader.
  init(from reader: inout ObjectReader)

  var configuration: [(String, JSON)] { get }

  /// The layout of the targets, once the model's output and the dataset's target are known to fit.
  ///
  /// - Parameter output: the model's output shape, without the batch axis.
  func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding

  /// Adds the mean loss of a batch to a graph: a scalar.
  ///
  /// - Shapes: output `[N, …]`, target as `targetType(batch:output:encoding:element:)` says.
  func build(output: Value, target: Value, in graph: inout Graph) throws(GraphError) -> Value

  /// The same, of an output some of whose steps are padding.
  ///
  /// - Parameter mask: `[N, T]`, 1 at steps that are real, else 0; `nil` where all are. Only losses of whole
  ///   sequences take it; of one at each place the target says itself what doesn't count.
  func build(
    output: Value, target: Value, mask: Value?, in graph: inout Graph
  ) throws(GraphError) -> Value

  /// Why an activation at the end of the model makes no sense before this loss; `nil` if it does.
  func objection(toFinal activation: Activation) -> String?

  /// What of the loss's own settings doesn't go with a model's output and a dataset's target; each fault
  /// names its field.
  func optionFaults(output: Shape, target: LossTarget) -> [ShapeFault]

  /// How much a batch weighs in a mean over batches, as a scalar; `nil` where that is its number of examples.
  ///
  /// The mean that `build` makes times this is a sum over the batch, so that an evaluation's loss is that of all
  /// its examples as one batch.
  func weight(of target: Value, in graph: inout Graph) throws(GraphError) -> Value?

  /// Draws of the loss's gradient at the output, of each example by itself, whose second moments are those under the model's own
  /// predictions: the Fisher matrix there.
  ///
  /// - Parameter noise: draws from N(0, 1) of the output's shape.
  /// - Returns: `nil` for a loss that is no likelihood, or whose draws aren't known.
  func fisherDraws(
    output: Value, noise: Value, in graph: inout Graph
  ) throws(GraphError) -> Value?

  /// The class whose places count for nothing; they are no answers either.
  var ignoredClass: Int32? { get }

  /// A target that goes with an output, for examples that are drawn for want of data.
  func fittingTarget(output: Shape) -> LossTarget

  /// Whether the output answers with a class where the target is one, so that there is an accuracy.
  var hasAnswers: Bool { get }

  /// Above what a single output says yes.
  var decisionThreshold: Double { get }

  /// What the loss itself makes of the output before it compares; `nil` for nothing, or no probabilities.
  var probabilities: ProbabilityRule? { get }

  /// Where an output holds what a number of the target is predicted as.
  var pointPrediction: PointPrediction { get }

  /// Examples of a batch at most; `nil` without a limit of its own.
  var largestBatch: Int? { get }
}

extension Loss {
  public static var type: String { documentation.type }
  public var configuration: [(String, JSON)] { [] }
  public func build(
    output: Value, target: Value, mask: Value?, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try build(output: output, target: target, in: &graph)
  }
  public func objection(toFinal activation: Activation) -> String? { nil }
  public func optionFaults(output: Shape, target: LossTarget) -> [ShapeFault] { [] }
  public func weight(of target: Value, in graph: inout Graph) throws(GraphError) -> Value? { nil }
  public func fisherDraws(
    output: Value, noise: Value, in graph: inout Graph
  ) throws(GraphError) -> Value? { nil }
  public var ignoredClass: Int32? { nil }
  /// Numbers of the output's shape where the loss takes them, else classes.
  public func fittingTarget(output: Shape) -> LossTarget {
    let numbers = LossTarget.vector(output)
    let takesNumbers = (try? encoding(output: output, target: numbers)) != nil
    return takesNumbers ? numbers : .classes(ofLastAxisOf: output)
  }
  public var hasAnswers: Bool { true }
  /// 0 for logits, else halfway from no to yes.
  public var decisionThreshold: Double { probabilities == .sigmoid ? 0 : 0.5 }
  public var probabilities: ProbabilityRule? { nil }
  public var pointPrediction: PointPrediction { .output }
  public var largestBatch: Int? { nil }

  /// The loss as canonical JSON.
  public var json: JSON {
    .object(JSONObject([("type", .string(Self.type))] + configuration))
  }

  /// Checks that the loss fits a model's output and a dataset's target.
  ///
  /// - Throws: `Faults` at `pointer` that name both shapes and the rule.
  public func check(
    output: Shape, target: LossTarget, pointer: String = "/training/loss"
  ) throws(Faults) {
    var found: [ShapeFault] = []
    do throws(ShapeFault) {
      _ = try encoding(output: output, target: target)
    } catch {
      found.append(error)
    }
    var faults = Faults()
    for fault in found + optionFaults(output: output, target: target) {
      faults.add(
        pointer + (fault.field.map { "/\($0)" } ?? ""),
        "\(Self.type): \(fault.detail); rule: \(fault.rule)")
    }
    try faults.check()
  }

  /// Checks that the loss fits a model's output, the activation at its end included, and a target.
  public func check(
    _ output: OutputSpec, target: LossTarget, pointer: String = "/training/loss"
  ) throws(Faults) {
    var faults = Faults()
    if let objection = objection(toFinal: output.finalActivation) { faults.add(pointer, objection) }
    do throws(Faults) {
      try check(output: output.shape, target: target, pointer: pointer)
    } catch {
      faults.add(error)
    }
    try faults.check()
  }

  /// The same for a model's first output.
  public func check(
    model: Model, target: LossTarget, pointer: String = "/training/loss"
  ) throws(Faults) {
    try check(model.outputs[0], target: target, pointer: pointer)
  }

  /// The type of the targets of a batch.
  public func targetType(
    batch: Int, output: Shape, encoding: TargetEncoding, element: ElementType = .float32
  ) -> TensorType {
    switch encoding {
    case .classIndices(let shape): TensorType(shape.prepending(batch), .int32)
    case .classNumber: TensorType([batch, 1], element)
    case .oneHot, .values: TensorType(output.prepending(batch), element)
    case .numbers(let shape): TensorType(shape.prepending(batch), element)
    }
  }
}
