import Optimizers
import Tensors

/// Averages of the weights: followed after each update, and put in the weights' place where the run is looked at.
extension TrainingEngine {
  private static let prefixes = (mean: "average.mean.", live: "average.live.")

  /// Takes the weights that a step led to into their average, when it's due.
  func followAverage(step: Int) {
    guard let average, let averaged, !averaged.standsIn else { return }
    func count(_ step: Int) -> Int {
      average.count(step: step, of: length.steps, stepsPerEpoch: length.stepsPerEpoch)
    }
    let now = count(step)
    guard now > count(step - 1) else { return }
    averaged.follow(share: average.share(count: now))
  }

  /// Whether there's an average of the weights by the end of a step.
  func hasAverage(step: Int) -> Bool {
    guard let average, averaged != nil else { return false }
    return average.count(step: step, of: length.steps, stepsPerEpoch: length.stepsPerEpoch) > 0
  }

  /// Puts the average in the weights' place, and moves running statistics by some batches there; nothing while there's none.
  ///
  /// Random numbers are those of the batches' own steps, so that it comes out the same whenever it's done.
  func standIn(step: Int, examples: ExampleOrder) throws(TrainingError) {
    guard let average, let averaged, hasAverage(step: step), !averaged.standsIn else { return }
    let carried = carriedStates()
    averaged.standIn()
    weightsMoved()
    guard model.parameters.contains(where: { $0.name.hasSuffix("running_var") }) else { return }
    for place in 0..<average.statisticsBatches {
      let batch = examples.batch(place)
      if model.isStateful, place % examples.batchesPerEpoch == 0 { resetStates() }
      for part in 0..<examples.parts(of: batch) {
        let rows = examples.part(part, of: batch)
        let program = try program(batch: rows.count, length: examples.length(of: rows))
        examples.assemble(rows, into: program.slots, step: place + 1, part: part)
        _ = pass(program, step: place + 1, part: part)
      }
    }
    try restoreCarried(carried)
  }

  /// Puts the weights back that are trained.
  func standBack() {
    guard let averaged, averaged.standsIn else { return }
    averaged.standBack()
    weightsMoved()
  }

  /// What a checkpoint has to hold of the average: it, or where it stands in for them, the weights that are trained.
  func averageState() -> [NamedTensor] {
    guard let averaged else { return [] }
    let prefix = averaged.standsIn ? Self.prefixes.live : Self.prefixes.mean
    return Weights(copying: averaged.store).tensors.map {
      NamedTensor(name: prefix + $0.name, tensor: $0.tensor)
    }
  }

  /// - Precondition: the parameters hold what the checkpoint has as weights.
  func restoreAverage(_ tensors: [NamedTensor]) throws(TrainingError) {
    guard let averaged else { return }
    func part(_ prefix: String) -> Weights {
      Weights(
        tensors.filter { $0.name.hasPrefix(prefix) }.map {
          NamedTensor(name: String($0.name.dropFirst(prefix.count)), tensor: $0.tensor)
        })
    }
    let (mean, live) = (part(Self.prefixes.mean), part(Self.prefixes.live))
    if !live.tensors.isEmpty {
      averaged.standBack()
      averaged.takeParameters()
      try load(live)
    } else if !mean.tensors.isEmpty {
      try mean.write(to: averaged.store)
    }
  }
}
