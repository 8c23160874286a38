import JSON
import NeuralNetworks

/// All that the rules of the diagnosis look at: bounded, however long the run.
public struct Evidence: Sendable {
  /// A layer's outputs as they were observed.
  public struct LayerMemory: Hashable, Sendable {
    public var standardDeviation = SeriesMemory()
    public var deadFraction = SeriesMemory()
    public var saturatedFraction = SeriesMemory()
    public var errorSignal = SeriesMemory()

    public init() {}
  }

  public var facts: RunFacts
  /// The newest step.
  public private(set) var step = 0
  /// By the names that clients know: `train_loss`, `validation_loss`, `learning_rate`, `gradient_conflict.a.b`, ….
  public private(set) var series: [String: SeriesMemory] = [:]
  /// The norm of each parameter's gradient, and its update over its weights, in the facts' order.
  public private(set) var gradients: [SeriesMemory]
  public private(set) var ratios: [SeriesMemory]
  /// For how many values each parameter has stood still that the run doesn't hold still on purpose.
  public private(set) var stillFor: [Int]
  public private(set) var layers: [String: LayerMemory] = [:]
  /// Of the newest validation; `nil` when there are no classes, or too many.
  public private(set) var confusion: ConfusionMatrix?
  /// Of the newest evaluation, where labels can be doubted.
  public private(set) var labelDoubts: LabelDoubts?
  /// What ended the run, if that was a number that isn't one.
  public var failure: TrainingFailure?

  /// Steps of a block that are taken in at most: rules look at stretches, and a step must stay cheap.
  private static let stepsPerBlock = 64

  public init(facts: RunFacts) {
    self.facts = facts
    gradients = facts.parameters.map { _ in SeriesMemory() }
    ratios = gradients
    stillFor = facts.parameters.map { _ in 0 }
  }

  public subscript(name: String) -> SeriesMemory { series[name] ?? SeriesMemory() }

  /// The share of the run's steps that are done.
  public var progress: Double { Double(step) / Double(max(facts.totalSteps, 1)) }

  public mutating func add(series name: String, step: Int, value: Double) {
    series[name, default: SeriesMemory()].add(step: step, value: value)
    self.step = max(self.step, step)
  }

  public mutating func add(_ block: StepBlock) {
    guard !block.isEmpty else { return }
    let every = max(1, (block.count + Self.stepsPerBlock - 1) / Self.stepsPerBlock)
    func isTaken(_ index: Int) -> Bool { index % every == every - 1 || index == block.count - 1 }
    var (losses, rates) = (self["train_loss"], self["learning_rate"])
    for index in 0..<block.count where isTaken(index) {
      losses.add(step: block.firstStep + index, value: block.losses[index])
      rates.add(step: block.firstStep + index, value: block.learningRates[index])
    }
    series["train_loss"] = losses
    series["learning_rate"] = rates
    var norms = self["gradient_norm"]
    let count = block.parameterCount
    for (place, index) in block.measured.enumerated() where isTaken(Int(index)) {
      let step = block.firstStep + Int(index)
      var square = 0.0
      for parameter in 0..<count {
        let gradient = block.gradients[place * count + parameter]
        let update = block.updates[place * count + parameter]
        square += gradient.norm * gradient.norm
        gradients[parameter].add(step: step, value: gradient.norm)
        ratios[parameter].add(step: step, value: update.ratio)
        let isStill =
          update.updateNorm == 0 && step >= facts.parameters[parameter].firstStep
        stillFor[parameter] = isStill ? stillFor[parameter] + 1 : 0
      }
      norms.add(step: step, value: square.squareRoot())
    }
    series["gradient_norm"] = norms
    step = max(step, block.lastStep)
  }

  public mutating func add(_ activations: [ActivationRecord]) {
    for record in activations {
      var layer = layers[record.layer] ?? LayerMemory()
      layer.standardDeviation.add(step: record.step, value: record.standardDeviation)
      layer.deadFraction.add(step: record.step, value: record.deadFraction)
      layer.saturatedFraction.add(step: record.step, value: record.saturatedFraction)
      layer.errorSignal.add(step: record.step, value: record.gradient.norm)
      layers[record.layer] = layer
    }
  }

  public mutating func add(_ values: [SeriesValue]) {
    for value in values
    where value.name.hasPrefix("gradient_conflict.") || !value.name.contains(".") {
      add(series: value.name, step: value.step, value: value.value)
    }
  }

  public mutating func add(_ epoch: EpochRecord) {
    add(series: "epoch_loss", step: epoch.step, value: epoch.loss)
    if let accuracy = epoch.accuracy {
      add(series: "train_accuracy", step: epoch.step, value: accuracy)
    }
  }

  public mutating func add(_ evaluation: EvaluationRecord) {
    let part = evaluation.part.rawValue
    add(series: "\(part)_loss", step: evaluation.step, value: evaluation.result.loss)
    if let accuracy = evaluation.result.accuracy {
      add(series: "\(part)_accuracy", step: evaluation.step, value: accuracy)
    }
    if evaluation.part == .validation {
      confusion = evaluation.result.confusion
      labelDoubts = evaluation.result.labelDoubts
    }
  }

  // MARK: - State

  /// Everything but the facts, which a run that goes on finds again.
  var json: JSON {
    func memories(_ memories: [SeriesMemory]) -> JSON { .array(memories.map(\.json)) }
    return [
      "step": .integer(step),
      "series": .object(
        JSONObject(series.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })),
      "gradients": memories(gradients), "ratios": memories(ratios),
      "still_for": .array(stillFor.map(JSON.integer)),
      "layers": .object(
        JSONObject(
          layers.sorted { $0.key < $1.key }.map { name, layer in
            (
              name,
              memories([
                layer.standardDeviation, layer.deadFraction, layer.saturatedFraction,
                layer.errorSignal,
              ])
            )
          })),
    ]
  }

  /// Takes back what `json` wrote; a state of other parameters is left.
  mutating func restore(_ json: JSON) {
    func memories(_ json: JSON?) -> [SeriesMemory] { (json?.array ?? []).map(SeriesMemory.init) }
    let gradients = memories(json["gradients"])
    guard gradients.count == facts.parameters.count else { return }
    self.gradients = gradients
    ratios = memories(json["ratios"])
    stillFor = (json["still_for"]?.array ?? []).compactMap(\.integer)
    if stillFor.count != gradients.count { stillFor = gradients.map { _ in 0 } }
    step = json["step"]?.integer ?? 0
    for (name, memory) in json["series"]?.object?.members ?? [] {
      series[name] = SeriesMemory(memory)
    }
    for (name, stored) in json["layers"]?.object?.members ?? [] {
      let found = memories(stored)
      guard found.count == 4 else { continue }
      var layer = LayerMemory()
      layer.standardDeviation = found[0]
      layer.deadFraction = found[1]
      layer.saturatedFraction = found[2]
      layer.errorSignal = found[3]
      layers[name] = layer
    }
  }
}
