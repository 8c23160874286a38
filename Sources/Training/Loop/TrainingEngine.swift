import Datasets
import Autodiff
import JSON
import Kernels
import NeuralNetworks
import Optimizers
import Tensors

/// A model's parameters, their gradients and the optimizer's memory, and the programs that work on them.
///
/// One step is a pass of a program (forward, loss, backward) and an update; neither allocates.
final class TrainingEngine {
  let model: Model
  let configuration: TrainingConfiguration
  var objectives: [Objective] { balancer.objectives }
  let balancer: TermBalancer
  let team: ThreadTeam
  /// The graph, for a model on one.
  private let source: GraphSource?
  /// For the schedule.
  var length = RunLength(steps: 1)
  /// By what the schedule's rate is multiplied.
  var rateFactor = 1.0
  /// What the cuts of a schedule that goes by evaluations multiply it by.
  var plateauScale = 1.0
  /// All of the model's, and of those the learned ones, in the same memory.
  private let parameters: ParameterStore
  private let learned: ParameterStore
  /// Another number whenever the parameters have moved.
  private(set) var weightsVersion = 0
  let gradients: ParameterStore
  private let updater: ParameterUpdater
  /// For an optimizer that wants a second gradient of a step.
  private let ascent: SharpnessAscent?
  /// For an optimizer that looks at a batch by itself.
  let solving: SolverStep?
  let average: WeightAverage?
  let averaged: AveragedWeights?
  let regularizer: Regularizer
  private let graphPenalties: GraphPenalties
  /// Seed and step, two words each, as random primitives read them.
  private let random: UnsafeMutablePointer<Int32>
  /// What layers hand on from batch to batch; there's nothing in it before the first program.
  private var states = ParameterStore([], element: .float32)
  private var programs: [TrainingProgram] = []
  private var curvatures: [CurvatureProgram] = []
  /// The model for shorter sequences, by their length.
  private var shortened: [Int: Model] = [:]
  /// Where all passes of the run compute, one after the other.
  private let arena = SharedArena()
  private var evaluations: [Evaluation] = []

  init(
    model: Model, configuration: TrainingConfiguration, objectives: [Objective],
    shared: [Int] = [], initialWeights: Weights? = nil, source: GraphSource? = nil,
    stepsPerEpoch: Int = 1, mayClip: Bool = false
  ) throws(TrainingError) {
    self.model = model
    self.source = source
    self.configuration = configuration
    team = ThreadTeam(threads: configuration.threads)
    let parameters = model.initialParameters(seed: configuration.seed)
    try initialWeights?.begin(parameters, of: model, seed: configuration.seed)
    self.parameters = parameters
    let learned = parameters.selecting(model.learnedIndices)
    self.learned = learned
    gradients = ParameterStore(
      model.learnedParameters.map { ($0.name, $0.shape) }, element: .float32)
    balancer = try TermBalancer(
      objectives, configuration: configuration, shared: shared, gradients: gradients, team: team)
    updater = ParameterUpdater(
      configuration.optimizers, treatment: configuration.treatment, parameters: learned,
      gradients: gradients, layers: model.learnedParameters.map(\.layer),
      stepsPerEpoch: stepsPerEpoch, mayTighten: mayClip,
      seed: configuration.seed, team: team)
    let (gradients, team, updater) = (gradients, team, updater)
    ascent = configuration.optimizer.ascent.map {
      let ascent = SharpnessAscent($0, parameters: learned, gradients: gradients, team: team)
      ascent.take(updater.moving)
      return ascent
    }
    let moving = model.movingPlaces(configuration)
    solving = try configuration.optimizers.solving.map { rule throws(TrainingError) in
      SolverStep(
        rule,
        SolverSetting(
          parameters: learned, gradients: gradients, moving: moving,
          layers: try model.factoredLayers(rule.curvature, moving: moving),
          seed: configuration.seed, team: team))
    }
    average = configuration.average
    averaged =
      configuration.average == nil
      ? nil : AveragedWeights(parameters, averaged: model.learnedIndices, team: team)
    do throws(Faults) {
      regularizer = try Regularizer(
        configuration.regularization, of: model, parameters: learned, gradients: gradients,
        team: team)
      graphPenalties = try configuration.regularization.graphPenalties(on: model)
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
    random = .allocate(capacity: 4)
    random.initialize(repeating: 0, count: 4)
  }

  deinit { random.deallocate() }

  /// What plans, parameters, gradients and optimizer hold, in bytes.
  var plannedBytes: Int {
    (programs.map(\.plannedBytes) + curvatures.map(\.plannedBytes)
      + evaluations.map(\.plannedBytes)).reduce(0, max)
      + model.stateBytes(configuration)
  }

  /// Makes the program for a batch size; afterwards steps of that size allocate nothing.
  ///
  /// - Parameter length: steps of a sequence; `nil` for as many as the model's input has.
  func prepare(batch: Int, length: Int? = nil) throws(TrainingError) {
    if place(batch, length) != nil { return }
    programs.append(try makeProgram(batch: batch, length: length, observation: .none))
    if length == nil { try prepareCurvature(batch: batch) }
  }

  private func prepareCurvature(batch: Int) throws(TrainingError) {
    guard let curvature = configuration.optimizers.solving?.curvature, let solving else { return }
    let plan = try CurvaturePlan(
      curvature, model: model, objectives: objectives, moving: model.movingPlaces(configuration),
      batch: batch, extents: source?.extents ?? .nominal)
    curvatures.append(
      try CurvatureProgram(
        plan, batch: batch, parameters: parameters, direction: solving.solver.direction,
        product: solving.solver.product, random: random, balancer: balancer, source: source,
        arena: arena, team: team))
  }

  private func model(ofLength length: Int?) throws(TrainingError) -> Model {
    guard let length else { return model }
    if let short = shortened[length] { return short }
    do throws(Faults) {
      let short = try ShortenedModel.make(model, length: length)
      shortened[length] = short
      return short
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  /// - Parameters:
  ///   - length: steps of a sequence; `nil` for as many as the model's input has.
  ///   - other: where the gradients go, when that isn't where the optimizer reads them.
  ///   - isPlain: whether each operation stands for itself, to be examined.
  func makeProgram(
    batch: Int, length: Int? = nil, observation: TrainingPlan.Observation,
    gradients other: ParameterStore? = nil,
    isPlain: Bool = false
  ) throws(TrainingError) -> TrainingProgram {
    let plan = try TrainingPlan(
      model: try model(ofLength: length), objectives: objectives, balance: balancer.balance,
      shared: balancer.shared,
      penalties: graphPenalties, batch: batch, extents: source?.extents ?? .nominal,
      observation: observation,
      isPlain: isPlain,
      recomputation: observation != .none
        ? .none
        : configuration.memory.recomputation(
          otherBytes: model.stateBytes(configuration)))
    if states.count == 0, !plan.states.isEmpty {
      states = ParameterStore(plan.states.map { ($0.name, $0.shape) }, element: .float32)
    }
    return try TrainingProgram(
      plan, batch: batch, length: length, parameters: parameters, gradients: other ?? gradients,
      states: states,
      random: random, balancer: balancer, source: source, arena: arena, team: team)
  }

  func program(batch: Int, length: Int? = nil) throws(TrainingError) -> TrainingProgram {
    if let place = place(batch, length) { return programs[place] }
    try prepare(batch: batch, length: length)
    return programs[programs.count - 1]
  }

  /// - Precondition: a batch of that size was prepared.
  func preparedProgram(batch: Int, length: Int? = nil) -> TrainingProgram {
    guard let place = place(batch, length) else {
      preconditionFailure("no pass was prepared for a batch of \(batch)")
    }
    return programs[place]
  }

  /// What multiplies by the curvature; `nil` for a batch size that wasn't prepared, and an optimizer that doesn't.
  func preparedCurvature(batch: Int) -> CurvatureProgram? {
    for index in 0..<curvatures.count where curvatures[index].batch == batch {
      return curvatures[index]
    }
    return nil
  }

  /// By index, since an iterator that isn't specialised allocates.
  private func place(_ batch: Int, _ length: Int?) -> Int? {
    for index in 0..<programs.count where programs[index].fits(batch: batch, length: length) {
      return index
    }
    return nil
  }

  func evaluation(
    of source: any ExampleSource, examples: ExampleSet?, doubtsLabels: Bool = false
  ) throws(TrainingError) -> Evaluation {
    let evaluation = try Evaluation(
      model: model, parameters: parameters, objectives: objectives,
      isList: configuration.losses.isList, total: balancer.total, source: source,
      indices: examples,
      batchSize: model.evaluationRows(configuration),
      metrics: configuration.metrics, doubtsLabels: doubtsLabels, arena: arena, team: team)
    evaluations.append(evaluation)
    return evaluation
  }

  /// Runs a program whose slots are filled; answers the mean loss, all objectives by their weights, and
  /// leaves the gradients.
  ///
  /// - Parameters:
  ///   - part: which of the step's passes this is; random numbers differ from one to the next.
  ///   - movesStates: whether running statistics and what layers hand on move with it; they never do when
  ///     the loss isn't finite.
  func pass(
    _ program: TrainingProgram, step: Int, part: Int = 0, movesStates: Bool = true
  ) -> Double {
    prepare(step: step, part: part)
    program.run()
    let loss = balancer.total(program.loss)
    if movesStates, loss.isFinite { program.moveStates() }
    return loss
  }

  /// Runs a product with the curvature, of a batch that passes at once and is in its slots.
  func run(_ program: CurvatureProgram, step: Int) {
    prepare(step: step, part: 0)
    program.run()
  }

  /// Finds the operation at fault in a pass of a program whose slots are filled.
  func examine(_ program: TrainingProgram, step: Int, part: Int = 0) -> UnsoundOperation? {
    prepare(step: step, part: part)
    return program.examine()
  }

  private func prepare(step: Int, part: Int) {
    random[0] = Int32(truncatingIfNeeded: configuration.seed)
    random[1] = Int32(truncatingIfNeeded: configuration.seed >> 32)
    random[2] = Int32(truncatingIfNeeded: step)
    // Steps stay below 2³².
    random[3] = Int32(truncatingIfNeeded: part)
    balancer.prepare(step: step, of: length)
  }

  func learningRate(step: Int) -> Double {
    if let test = configuration.rangeTest { return test.rate(step: step) }
    return rateFactor * plateauScale * configuration.optimizer.learningRate
      * configuration.schedule.factor(step: step, of: length)
  }

  /// Makes the gradients that passes left those of all that is made small: combines those of the terms, where that is asked
  /// for, and adds those of penalties on parameters.
  ///
  /// - Parameter isFirst: whether the parameters are those of the step, rather than some beside them.
  /// - Returns: what the penalties on parameters come to.
  @discardableResult func completeGradients(step: Int, isFirst: Bool = true) -> Double {
    balancer.combineGradients(step: step)
    return regularizer.addGradients(isFirst: isFirst)
  }

  /// Moves the parameters by complete gradients; answers whether all were finite.
  ///
  /// - Parameters:
  ///   - passes: over the batch of the step, for an optimizer that looks at it again.
  ///   - loss: of the batch, without its penalties.
  func update(
    after program: TrainingProgram, over passes: BatchPasses? = nil, loss: Double = 0, step: Int,
    learningRate: Double
  ) -> Bool {
    weightsVersion += 1
    if let passes {
      if let ascent {
        if updater.begin(step: step) { ascent.take(updater.moving) }
        ascent.climb()
        passes.evaluate()
        ascent.comeBack()
      }
      solving?.take(passes, loss: loss + regularizer.penalty, learningRate: learningRate)
    }
    let isSound = updater.update(step: step, learningRate: learningRate)
    regularizer.constrain()
    followAverage(step: step)
    return balancer.update(after: program, step: step, learningRate: learningRate) && isSound
  }

  func appendGradients(to block: inout StepBlock) {
    updater.append(to: &block, movedBy: solving)
  }

  /// The series that each step has a value of beside the common ones: `learning_rate.<group>`, `clip_factor`,
  /// `train_penalty`.
  var stepSeries: [String] {
    updater.series + (regularizer.hasPenalties ? [Regularizer.series] : [])
      + (solving?.solver.series ?? [])
  }

  /// Appends what the last step has of them; NaN when it wasn't taken to its end.
  func appendSeries(to block: inout StepBlock, isComplete: Bool) {
    updater.appendSeries(to: &block, isComplete: isComplete)
    if regularizer.hasPenalties { block.own.append(isComplete ? regularizer.penalty : .nan) }
    guard let solver = solving?.solver else { return }
    for place in 0..<solver.series.count {
      block.own.append(isComplete ? solver.value(ofSeries: place) : .nan)
    }
  }

  /// The first parameter, from the loss backwards, whose gradient isn't finite.
  func firstUnsoundParameter() -> (index: Int, gradient: ParameterGradient)? {
    updater.firstUnsoundParameter()
  }

  func weights(over copies: ReusedCopies? = nil) -> Weights {
    Weights(copying: parameters, over: copies)
  }
  func gradientPointer(_ index: Int) -> UnsafePointer<Float> { floats(gradients, index) }
  func parameterPointer(_ index: Int) -> UnsafePointer<Float> { floats(learned, index) }

  private func floats(_ store: ParameterStore, _ index: Int) -> UnsafePointer<Float> {
    UnsafePointer(store.pointer(index).assumingMemoryBound(to: Float.self))
  }

  func load(_ weights: Weights) throws(TrainingError) {
    weightsVersion += 1
    try weights.write(to: parameters)
  }

  /// Says that the weights are others.
  func weightsMoved() { weightsVersion += 1 }

  /// Whether a step takes its gradient elsewhere than at the weights.
  var climbs: Bool { ascent != nil }

  func restoreCarried(_ tensors: [NamedTensor]) throws(TrainingError) {
    try Weights(tensors).write(to: states)
  }

  /// A copy of what layers hand on.
  func carriedStates() -> [NamedTensor] { Weights(copying: states).tensors }

  /// Makes layers begin anew.
  func resetStates() { states.zero() }

  func optimizerState(over copies: ReusedCopies? = nil) -> [NamedTensor] {
    updater.state(over: copies) + (solving?.state(over: copies) ?? []) + balancer.state()
      + averageState()
  }

  /// Bounds the norm of all gradients from the next step on, unless the run bounds it closer already.
  func bound(norm: Double) { updater.bound(norm: norm) }

  /// Goes back to weights and the optimizer's memory.
  func restore(weights: Weights, optimizer: [NamedTensor]) throws(TrainingError) {
    try load(weights)
    try updater.restore(optimizer)
    try solving?.restore(optimizer)
    try balancer.restore(optimizer)
    try restoreAverage(optimizer)
  }

  func restore(_ state: CheckpointState) throws(TrainingError) {
    try restore(weights: state.weights, optimizer: state.optimizer)
    try Weights(state.states).write(to: states)
  }
}
