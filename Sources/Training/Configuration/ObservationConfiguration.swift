import JSON

/// What a run records of itself: its `observe` object. 0 switches a probe off.
public struct ObservationConfiguration: Hashable, Sendable {
  /// Gradient norms of every parameter each so many steps.
  public var gradientNormsEvery: Int
  /// Histograms of gradients, weights, updates and activations each so many steps.
  public var histogramsEvery: Int
  /// Activation statistics of every layer each so many steps.
  public var activationsEvery: Int

  /// The norm of each term's own gradient and how the terms' gradients lie to each other, where a loss has several;
  /// it takes a backward pass a term.
  public var termGradientsEvery: Int
  /// The gradient's cosine with that of the step before, its variance between examples, and the noise scale, each so
  /// many steps; it takes a pass over half a batch.
  public var gradientStatisticsEvery: Int
  /// What probes may take of a training's time, in percent; they are taken less often until it holds. `nil` where they are
  /// taken as often as they're asked for.
  public var budgetPercent: Double?
  /// Whether the rules of the diagnosis look at the run.
  public var diagnoses: Bool
  /// What the run does by itself when a rule finds something, by the rule's name.
  public var onFinding: [String: Remedy] = [:]

  public init(
    gradientNormsEvery: Int = 1, histogramsEvery: Int = 50, activationsEvery: Int = 50,
    termGradientsEvery: Int = 50, gradientStatisticsEvery: Int = 200,
    diagnoses: Bool = true
  ) {
    self.diagnoses = diagnoses
    self.gradientNormsEvery = gradientNormsEvery
    self.termGradientsEvery = termGradientsEvery
    self.gradientStatisticsEvery = gradientStatisticsEvery
    self.histogramsEvery = histogramsEvery
    self.activationsEvery = activationsEvery
  }

  /// A run that records only its losses.
  public static let none = ObservationConfiguration(
    gradientNormsEvery: 0, histogramsEvery: 0, activationsEvery: 0, termGradientsEvery: 0,
    gradientStatisticsEvery: 0, diagnoses: false)

  /// The same with no probes, for a run that is repeated.
  ///
  /// What findings lead to is part of the training, and what it follows from too.
  public var silent: ObservationConfiguration { onFinding.isEmpty ? .none : self }

  /// Whether there are steps in which every layer is looked at, in a training for so many losses.
  public func observesLayers(terms: Int) -> Bool {
    histogramsEvery > 0 || activationsEvery > 0 || (terms > 1 && termGradientsEvery > 0)
  }

  /// Whether a finding may bound the gradients.
  var mayClip: Bool { onFinding.values.contains(.clip) }

  /// Decodes an `observe` object; what it leaves out keeps its default.
  public init(_ json: JSON, pointer: String = "") throws(Faults) {
    self.init()
    var reader = ObjectReader(json, pointer: pointer)
    let range = 0...1_000_000_000
    gradientNormsEvery = reader.integer("gradient_norms_every", in: range) ?? gradientNormsEvery
    histogramsEvery = reader.integer("histograms_every", in: range) ?? histogramsEvery
    activationsEvery = reader.integer("activations_every", in: range) ?? activationsEvery
    termGradientsEvery = reader.integer("term_gradients_every", in: range) ?? termGradientsEvery
    gradientStatisticsEvery =
      reader.integer("gradient_statistics_every", in: range) ?? gradientStatisticsEvery
    budgetPercent = reader.double("budget_percent", in: 0.01...1000)
    diagnoses = reader.bool("diagnosis") ?? diagnoses
    onFinding = Remedy.decoded(&reader, "on_finding")
    if !onFinding.isEmpty, !diagnoses {
      reader.fault("diagnosis", "is false, and on_finding needs it")
    }
    if !onFinding.isEmpty, budgetPercent != nil {
      reader.fault(
        "budget_percent", "excludes on_finding: what findings lead to would depend on the clock")
    }
    try reader.finish().check()
  }

  /// Records remedies that the training has no use for.
  public func check(against training: TrainingConfiguration, _ reader: inout ObjectReader) {
    guard training.optimizers.solving != nil else { return }
    for (finding, remedy) in onFinding.sorted(by: { $0.key < $1.key }) where remedy == .clip {
      reader.fault(
        "on_finding/\(finding)",
        "clip bounds gradients, and \(Swift.type(of: training.optimizer).type) finds how far to go by itself; "
          + "take another remedy")
    }
  }

  /// Whether a probe that is due each `every` steps is due at `step`: at step 1, and at each multiple.
  static func isDue(_ step: Int, every: Int) -> Bool {
    every > 0 && (step == 1 || step % every == 0)
  }
}
