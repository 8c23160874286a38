import Autodiff
import JSON
import NeuralNetworks
import Tensors

/// Compares the derivatives of a model's loss with central differences, in float64.
///
/// The parameters are the model's initial ones and dropout drops what it drops in step 1, so that all of it
/// is a function of the seed. Elements are visited in a random order, one of each parameter in turn, until
/// all are checked or a limit is reached: every parameter is then looked at as closely as the others.
public struct ModelGradientCheck {
  private let model: Model
  private let configuration: GradientCheckConfiguration
  /// `nil` for random ones.
  private let examples: (any ExampleSource)?
  private let initialWeights: Weights?
  private let plan: GradientCheckPlan

  /// Plans a check, without memory for it.
  ///
  /// - Parameters:
  ///   - examples: whose first batch under the seed is taken; random ones when `nil`.
  ///   - initialWeights: in place of what the initializers draw.
  /// - Throws: `Faults`, with pointers as in `{ "model": …, "loss": …, "dataset": … }`.
  public init(
    model: Model, configuration: GradientCheckConfiguration,
    examples: (any ExampleSource)? = nil, initialWeights: Weights? = nil
  ) throws(Faults) {
    let batch = min(configuration.batchSize, examples?.examples ?? .max)
    let targets =
      examples?.targets ?? DrawnExamples(model: model, losses: configuration.losses).targets
    var faults = Self.faults(model, batch: batch)
    if let examples { faults.add(Self.faults(model, examples)) }
    var resolver = ObjectiveResolver(model: model, targets: targets, pointer: "/loss")
    let objectives = resolver.objectives(configuration.losses)
    faults.add(resolver.faults)
    try faults.check()
    let graph =
      (examples as? GraphExamples)?.graph
      ?? DrawnGraph(model: model, examples: batch)?.source(seed: configuration.seed)
    do {
      plan = try GradientCheckPlan(
        model: model, objectives: objectives, batch: batch, source: graph)
    } catch {
      throw Faults([Fault(pointer: "/model", detail: "\(error)")])
    }
    guard plan.bytes <= GradientCheckConfiguration.mostBytes else {
      throw Self.tooLarge(
        "the check of \(batch) examples needs \(plan.bytes >> 20) MiB in float64; "
          + "at most \(GradientCheckConfiguration.mostBytes >> 20) MiB")
    }
    self.model = model
    self.configuration = configuration
    self.initialWeights = initialWeights
    self.examples =
      examples
      ?? graph.map { graph in
        let drawn = DrawnExamples(model: model, losses: configuration.losses)
          .examples(graph.examples, seed: configuration.seed)
        return GraphExamples(graph: graph, labels: drawn)
      }
  }

  private static func faults(_ model: Model, batch: Int) -> Faults {
    var faults = Faults()
    if model.learnedIndices.isEmpty {
      faults.add("/model", "has no parameters, so nothing to check")
    }
    let flops = Double(model.forwardFlops) * Double(batch)
    if flops > Double(GradientCheckConfiguration.mostFlops) {
      faults.add(
        tooLarge(
          "a forward pass of \(batch) examples is \(Int(flops)) operations; "
            + "at most \(GradientCheckConfiguration.mostFlops)"))
    }
    return faults
  }

  private static func faults(_ model: Model, _ examples: any ExampleSource) -> Faults {
    var faults = Faults()
    if examples.examples == 0 { faults.add("/dataset", "has no examples") }
    for detail in examples.faults(for: model, name: "the dataset") {
      faults.add("/dataset", detail)
    }
    return faults
  }

  private static func tooLarge(_ detail: String) -> Faults {
    let advice = "; take a smaller batch_size or a smaller model with the same kinds of layers"
    return Faults([Fault(pointer: "/model", detail: detail + advice)])
  }

  /// Runs the check on the calling thread.
  ///
  /// - Parameter isStopped: asked before each element; once it says so the check is given up.
  /// - Returns: `nil` when it was given up.
  /// - Throws: `TrainingError.plan` when there is no memory, `.invalidWeights` when the initial ones don't fit.
  public func run(
    isStopped: () -> Bool = { false }
  ) throws(TrainingError) -> GradientCheckReport? {
    let start = ContinuousClock.now
    let source: any ExampleSource =
      examples
      ?? DrawnExamples(model: model, losses: configuration.losses)
      .examples(plan.batch, seed: configuration.seed)
    let contents = try GradientCheckContents(source, plan: plan, seed: configuration.seed)
    let store = model.initialParameters(seed: configuration.seed, element: .float64)
    try initialWeights?.begin(store, of: model, seed: configuration.seed)
    let analytic: [[Double]]
    let loss: () -> Double
    do {
      analytic = try plan.analyticGradients(contents, store)
      loss = try plan.loss(contents, store)
    } catch {
      throw TrainingError(.plan, error.description)
    }
    var comparison = GradientComparison(configuration, loss: loss)
    var checks = model.learnedIndices.enumerated().map { position, index in
      ParameterCheck(
        model.parameters[index], analytic: analytic[position], at: store.pointer(index),
        seed: configuration.seed)
    }
    var limit: GradientCheckReport.Limit?
    var isMoving = true
    visiting: while isMoving {
      isMoving = false
      for index in checks.indices {
        guard let element = checks[index].next() else { continue }
        if isStopped() { return nil }
        limit = reached(comparison.passes, ContinuousClock.now - start)
        if limit != nil { break visiting }
        checks[index].record(element, &comparison)
        isMoving = true
      }
    }
    return GradientCheckReport(
      configuration: configuration, batchSize: plan.batch, loss: comparison.center,
      roundingError: comparison.roundingError, parameters: checks.map(\.findings),
      passes: comparison.passes, seconds: (ContinuousClock.now - start) / .seconds(1), limit: limit)
  }

  private func reached(_ passes: Int, _ elapsed: Duration) -> GradientCheckReport.Limit? {
    // The last element may need four more to tell whether it is at a kink.
    if passes + 6 > GradientCheckConfiguration.mostPasses { return .forwardPasses }
    if elapsed > .seconds(configuration.maximumSeconds) { return .maximumSeconds }
    return nil
  }
}
