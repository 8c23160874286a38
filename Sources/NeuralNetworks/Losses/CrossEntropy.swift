import Autodiff
import JSON
import Tensors

/// Cross entropy of softmax, from logits.
///
/// With `ℓ = -log softmax(x_n)`, label smoothing `ε` and class weights `w`: for classes
/// `Σ_n ((1 - ε) w[t_n] ℓ[t_n] + (ε / K) Σ_k w[k] ℓ[k]) / Σ_n w[t_n]` over the places that aren't ignored,
/// and for distributions `(1/N) Σ_n Σ_k w[k] ((1 - ε) t_nk + ε / K) ℓ[k]`.
///
/// - Shapes: output `[N, …, K]`, target `[N, …]` of classes below `K`, or `[N, …, K]` of probabilities.
public struct CrossEntropy: Loss {
  public let labelSmoothing: Double
  /// One number a class of the output; `nil` when all weigh the same.
  public let classWeights: [Double]?
  public let ignoreIndex: Int
  /// Whether the configuration names the class to ignore.
  private let namesIgnored: Bool

  private static let smoothingField = Field(
    "label_smoothing", .number(0...1), default: 0.0,
    "The share of the target that goes to all classes alike; below 1.")
  private static let ignoreField = Field(
    "ignore_index", .integer(Int(Int32.min)...Int(Int32.max)), default: -100,
    "The class whose places count for nothing, neither in the loss nor in accuracy; one of the target's "
      + "classes, or a negative number that marks padding.")

  public static let documentation = CatalogEntry(
    type: "cross_entropy", aliases: ["softmax_cross_entropy"],
    summary: "For one of K classes: softmax and negative log-likelihood, from logits.",
    formula:
      "Σ_n ((1 - ε) w[t_n] ℓ_n[t_n] + ε/K Σ_k w[k] ℓ_n[k]) / Σ_n w[t_n], ℓ_n = -log softmax(x_n); "
      + "for distributions (1/N) Σ_n Σ_k w[k] ((1 - ε) t_n[k] + ε/K) ℓ_n[k]",
    shapes: "output […, K], target […] of classes below K, or […, K] of probabilities",
    fields: [smoothingField, ClassWeights.field, ignoreField],
    source: "As torch.nn.CrossEntropyLoss, but 0 where every place is ignored. "
      + "Label smoothing: Szegedy et al. 2016, arXiv:1512.00567.")

  public init(from reader: inout ObjectReader) {
    labelSmoothing = reader.double(CrossEntropy.smoothingField)
    if labelSmoothing == 1 {
      reader.fault(
        "label_smoothing", "1 leaves nothing of the target; it must be at least 0 and below 1")
    }
    classWeights = ClassWeights.read(&reader)
    ignoreIndex = reader.integer(CrossEntropy.ignoreField)
    namesIgnored = reader.has("ignore_index")
  }

  public init() {
    labelSmoothing = 0
    classWeights = nil
    ignoreIndex = -100
    namesIgnored = false
  }

  public var configuration: [(String, JSON)] {
    var members: [(String, JSON)] = []
    if labelSmoothing != 0 { members.append(("label_smoothing", .number(labelSmoothing))) }
    if let classWeights { members.append(("class_weights", .array(classWeights.map(JSON.number)))) }
    if namesIgnored { members.append(("ignore_index", .integer(ignoreIndex))) }
    return members
  }

  public var ignoredClass: Int32? { Int32(exactly: ignoreIndex) }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    let rule = "output […, K] with K at least 2 and at least the number of classes"
    switch target {
    case .vector(let shape):
      guard shape == output, (output.dimensions.last ?? 1) > 1 else {
        throw ShapeFault(
          "the model's output is \(output), the dataset's target is numbers of shape \(shape), which "
            + "can only be probabilities of classes; for other numbers take mean_squared_error or "
            + "binary_cross_entropy",
          rule: "the target is a class, or probabilities of the output's shape […, K], K at least 2"
        )
      }
      return .values
    case .classes(let classes, let shape):
      let needed = Shape(shape.dimensions + [max(classes, 2)])
      guard output.rank == needed.rank, output.dimensions.dropLast() == shape.dimensions[...],
        output[output.rank - 1] >= max(classes, 2)
      else {
        let places = shape.rank == 0 ? "" : " at each place of \(shape)"
        throw ShapeFault(
          "the model's output is \(output), the dataset's target is one of \(classes) classes"
            + "\(places), which needs an output of \(needed)",
          rule: rule)
      }
      return .classIndices(shape)
    }
  }

  public func fittingTarget(output: Shape) -> LossTarget { .classes(ofLastAxisOf: output) }

  public func optionFaults(output: Shape, target: LossTarget) -> [ShapeFault] {
    var faults: [ShapeFault] = []
    let width = output.dimensions.last ?? 1
    if let fault = ClassWeights.fault(classWeights, width: width, output: output) {
      faults.append(fault)
    }
    guard namesIgnored else { return faults }
    let rule = "the index of one of the target's classes, or a negative number"
    switch target {
    case .vector(let shape):
      faults.append(
        ShapeFault(
          field: "ignore_index",
          "there is no class to ignore: the dataset's target is probabilities of shape \(shape)",
          rule: rule))
    case .classes(let classes, _) where ignoreIndex >= classes:
      faults.append(
        ShapeFault(
          field: "ignore_index",
          "\(ignoreIndex) is out of range: the dataset's classes are from 0 to \(classes - 1)",
          rule: rule))
    case .classes: break
    }
    return faults
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: output)
    let width = shape[shape.rank - 1]
    let weights = ClassWeights.constant(classWeights, in: &graph)
    let rows = try graph.reshape(output, to: [shape.count / width, width])
    guard isOfClasses(target, in: graph) else {
      return try graph.softmaxCrossEntropy(
        rows, probabilities: graph.reshape(target, to: graph.shape(of: rows)),
        classWeights: weights, smoothing: labelSmoothing)
    }
    return try graph.softmaxCrossEntropy(
      rows, classIndices: graph.reshape(target, to: [shape.count / width]),
      classWeights: weights,
      options: CrossEntropyOptions(ignoredClass: ignoredClass, smoothing: labelSmoothing))
  }

  public func weight(of target: Value, in graph: inout Graph) throws(GraphError) -> Value? {
    guard isOfClasses(target, in: graph) else { return nil }
    return try graph.classWeightSum(
      target, classWeights: ClassWeights.constant(classWeights, in: &graph),
      ignoredClass: ignoredClass)
  }

  /// `(√p n - p Σ √p n) / √P` at each of the `P` places of an example, whose second moments are `diag(p) - p pᵀ`.
  public func fisherDraws(
    output: Value, noise: Value, in graph: inout Graph
  ) throws(GraphError) -> Value? {
    guard classWeights == nil, !namesIgnored else { return nil }
    let shape = graph.shape(of: output)
    let width = shape[shape.rank - 1]
    let places = shape.count / max(shape[0] * width, 1)
    let chances = try graph.softmax(graph.reshape(output, to: [shape[0] * places, width]))
    let own = try graph.multiply(
      graph.sqrt(chances), graph.reshape(noise, to: graph.shape(of: chances)))
    let shared = try graph.sum(own, axes: [1], keepsAxes: true)
    let draws = try graph.subtract(own, graph.multiply(chances, shared))
    return try graph.reshape(
      graph.scale(draws, by: 1 / Double(places).squareRoot()), to: shape)
  }

  private func isOfClasses(_ target: Value, in graph: Graph) -> Bool {
    graph.type(of: target).element == .int32
  }

  public var probabilities: ProbabilityRule? { .softmax }

  public func objection(toFinal activation: Activation) -> String? {
    guard case .softmax = activation.kind else { return nil }
    return
      "cross_entropy takes logits and applies softmax itself: leave out the model's last softmax"
  }
}
