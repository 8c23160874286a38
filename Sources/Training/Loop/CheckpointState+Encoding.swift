import JSON
import Optimizers
import Tensors

/// A state travels as a safetensors file: its tensors beside each other, its numbers in the metadata.
extension CheckpointState {
  private static let version = "1"

  /// Writes the state stretch by stretch, without a copy of the whole.
  ///
  /// - Parameter holdsWeights: whether the weights are part of it; else they are a file of their own.
  public func write(holdsWeights: Bool, to sink: WeightsFile.Sink) throws {
    var tensors = holdsWeights ? Self.prefixed(weights.tensors, "weights") : []
    tensors += Self.prefixed(optimizer, "optimizer")
    tensors += Self.prefixed(states, "state")
    tensors += Self.prefixed(metrics, "metric")
    if let bestWeights { tensors += Self.prefixed(bestWeights.tensors, "best") }
    let metadata = [
      ("chainrule_checkpoint", Self.version), ("progress", progress.json(step: step).description),
    ]
    try WeightsFile.safetensors.write(tensors, metadata: metadata, to: sink)
  }

  public func encoded() throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount + 65_536)
    try write(holdsWeights: true) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The contents of the tensors in bytes.
  public var byteCount: Int {
    weights.byteCount + (bestWeights?.byteCount ?? 0)
      + (optimizer + states + metrics).reduce(0) { $0 + $1.tensor.type.byteCount }
  }

  /// Reads what `write(holdsWeights:to:)` wrote.
  ///
  /// - Parameter file: the weights as a safetensors file, for a state that doesn't hold them.
  /// - Throws: `TrainingError.invalidWeights`.
  public init(decoding bytes: [UInt8], weights file: [UInt8] = []) throws(TrainingError) {
    let (stored, metadata) = try SafeTensors.read(bytes)
    let tensors = stored.map { NamedTensor(name: $0.name, tensor: $0.tensor) }
    guard metadata["chainrule_checkpoint"]?.string == Self.version,
      let text = metadata["progress"]?.string, let json = try? JSON(parsing: text),
      let step = json["step"]?.integer, let progress = Progress(json)
    else { throw TrainingError(.invalidWeights, "not a checkpoint of version \(Self.version)") }
    let best = Self.unprefixed(tensors, "best")
    var weights = Self.unprefixed(tensors, "weights")
    if weights.isEmpty, !file.isEmpty { weights = try WeightsFile.safetensors.decoded(file) }
    self.init(
      step: step, weights: Weights(weights),
      optimizer: Self.unprefixed(tensors, "optimizer"),
      states: Self.unprefixed(tensors, "state"),
      metrics: Self.unprefixed(tensors, "metric"),
      bestWeights: best.isEmpty ? nil : Weights(best), progress: progress)
  }

  private static func prefixed(_ tensors: [NamedTensor], _ prefix: String) -> [NamedTensor] {
    tensors.map { NamedTensor(name: prefix + "/" + $0.name, tensor: $0.tensor) }
  }

  private static func unprefixed(_ tensors: [NamedTensor], _ prefix: String) -> [NamedTensor] {
    tensors.filter { $0.name.hasPrefix(prefix + "/") }
      .map { NamedTensor(name: String($0.name.dropFirst(prefix.count + 1)), tensor: $0.tensor) }
  }
}

extension CheckpointState.Progress {
  func json(step: Int) -> JSON {
    var object = JSONObject([
      ("step", .integer(step)), ("seconds", exact(seconds)), ("epoch_loss", exact(epochLoss)),
      ("epoch_weight", exact(epochWeight)), ("epoch_examples", .integer(epochExamples)),
      ("epoch_terms", .array(epochTerms.map(\.json))),
      ("epoch_seconds", exact(epochSeconds)), ("smallest_loss", exact(smallestLoss)),
      ("last_loss", exact(lastLoss)), ("best_step", .integer(bestStep)),
      ("waited", .integer(earlyStopping.waited)),
    ])
    if remedies != RemedyState() { object["remedies"] = remedies.json }
    if let diagnosis { object["diagnosis"] = diagnosis }
    if !liveUnits.layers.isEmpty { object["live_units"] = liveUnits.json }
    if let variance = noise.variance, let square = noise.gradientSquare {
      object["noise"] = ["variance": exact(variance), "gradient_square": exact(square)]
    }
    if let bestValue { object["best_value"] = exact(bestValue) }
    if let best = earlyStopping.best { object["stopping_best"] = exact(best) }
    if let monitor = earlyStopping.monitor { object["stopping_monitor"] = .string(monitor) }
    if stopsEarly { object["stops_early"] = true }
    if lossStopping != LossStopping.State() { object["loss_stopping"] = lossStopping.json }
    if plateau != PlateauRule.State() { object["plateau"] = plateau.json }
    if smoothing != LossSmoothing() { object["smoothing"] = smoothing.json }
    if let validation {
      object["validation_loss"] = exact(validation.loss)
      object["validation_accuracy"] = validation.accuracy.map(exact)
      object["validation_examples"] = .integer(validation.examples)
      if !validation.metrics.isEmpty {
        object["validation_metrics"] = validation.metrics.exactJSON
      }
      object["validation_terms"] = .array(
        validation.terms.map { term in
          var part = JSONObject([("name", .string(term.name)), ("loss", exact(term.loss))])
          part["accuracy"] = term.accuracy.map(exact)
          if !term.metrics.isEmpty { part["metrics"] = term.metrics.exactJSON }
          return .object(part)
        })
    }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let seconds = double(json["seconds"]), let epochLoss = double(json["epoch_loss"]),
      let epochExamples = json["epoch_examples"]?.integer,
      let epochSeconds = double(json["epoch_seconds"]),
      let smallestLoss = double(json["smallest_loss"]), let lastLoss = double(json["last_loss"]),
      let bestStep = json["best_step"]?.integer,
      let waited = json["waited"]?.integer
    else { return nil }
    self.seconds = seconds
    self.epochLoss = epochLoss
    if let terms = json["epoch_terms"]?.array {
      epochTerms = terms.map { CheckpointState.TermSum($0) }
    } else {
      // As written when there was one objective alone; an example then weighed and answered once.
      var sum = CheckpointState.TermSum()
      sum.loss = epochLoss
      sum.weight = double(json["epoch_weight"]) ?? Double(epochExamples)
      sum.right = json["epoch_right"]?.integer ?? 0
      sum.answers = json["epoch_answers"]?.integer ?? epochExamples
      epochTerms = [sum]
    }
    self.epochExamples = epochExamples
    epochWeight = double(json["epoch_weight"]) ?? Double(epochExamples)
    self.epochSeconds = epochSeconds
    self.smallestLoss = smallestLoss
    self.lastLoss = lastLoss
    self.bestStep = bestStep
    diagnosis = json["diagnosis"]
    remedies = RemedyState(json["remedies"])
    liveUnits = LiveUnits(json["live_units"])
    noise = NoiseScale(
      variance: double(json["noise"]?["variance"]),
      gradientSquare: double(json["noise"]?["gradient_square"]))
    bestValue = double(json["best_value"])
    earlyStopping = EarlyStopping.State(
      best: double(json["stopping_best"]), waited: waited,
      monitor: json["stopping_monitor"]?.string)
    stopsEarly = json["stops_early"]?.bool ?? false
    lossStopping = LossStopping.State(json["loss_stopping"])
    plateau = PlateauRule.State(json["plateau"])
    smoothing = LossSmoothing(json["smoothing"])
    if let loss = double(json["validation_loss"]),
      let examples = json["validation_examples"]?.integer
    {
      validation = EvaluationResult(
        loss: loss, accuracy: double(json["validation_accuracy"]), examples: examples,
        terms: (json["validation_terms"]?.array ?? []).compactMap { term in
          guard let name = term["name"]?.string, let loss = double(term["loss"]) else { return nil }
          return TermResult(
            name: name, loss: loss, accuracy: double(term["accuracy"]),
            metrics: .init(exact: term["metrics"]))
        }, metrics: .init(exact: json["validation_metrics"]))
    }
  }
}

extension CheckpointState.TermSum {
  fileprivate var json: JSON {
    [
      "loss": exact(loss), "weight": exact(weight), "right": .integer(right),
      "answers": .integer(answers),
    ]
  }

  fileprivate init(_ json: JSON) {
    loss = double(json["loss"]) ?? 0
    weight = double(json["weight"]) ?? 0
    right = json["right"]?.integer ?? 0
    answers = json["answers"]?.integer ?? 0
  }
}

/// A double by its bits, so that infinities and NaN survive too.
func exact(_ value: Double) -> JSON { .string(String(value.bitPattern, radix: 16)) }

func double(_ json: JSON?) -> Double? {
  json?.string.flatMap { UInt64($0, radix: 16) }.map { Double(bitPattern: $0) }
}

extension [MetricValue] {
  fileprivate var exactJSON: JSON { .object(JSONObject(map { ($0.name, exact($0.value)) })) }

  fileprivate init(exact json: JSON?) {
    self = (json?.object?.members ?? []).compactMap { name, value in
      double(value).map { MetricValue(name, $0) }
    }
  }
}
