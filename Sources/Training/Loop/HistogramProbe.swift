import Autodiff
import NeuralNetworks

/// Takes the histograms of a step: copies what they are of, and has the copies counted while training goes on.
///
/// Holds the parameters' memory three times more (the gradients, and the weights before and after the update) and that
/// of the layers' outputs and their gradients. One step is counted at a time; the next waits for it.
final class HistogramProbe {
  private let engine: TrainingEngine
  private let parameters: [ParameterDescription]
  private let count: HistogramCount
  /// Of which weights the copy after the last update is.
  private var copiedVersion: Int?
  private var finished: [[HistogramRecord]] = []

  init(_ engine: TrainingEngine) {
    self.engine = engine
    parameters = engine.model.learnedParameters
    count = HistogramCount(parameters)
  }

  /// Copies gradients and weights, and what layers hold.
  func beforeUpdate(_ program: TrainingProgram) {
    wait()
    for index in parameters.indices {
      count.gradients.fill(index, from: engine.gradientPointer(index))
    }
    if copiedVersion == engine.weightsVersion {
      swap(&count.before, &count.after)
    } else {
      copyWeights(to: count.before)
    }
    count.hold(program.layers)
  }

  /// Copies the weights that the update led to, and has all counted.
  func afterUpdate(step: Int) {
    copyWeights(to: count.after)
    copiedVersion = engine.weightsVersion
    count.begin(step: step)
  }

  /// The records of each step since the last time, in order; those of all steps that were begun.
  func take() -> [[HistogramRecord]] {
    wait()
    defer { finished = [] }
    return finished
  }

  private func wait() {
    if let records = count.wait() { finished.append(records) }
  }

  private func copyWeights(to store: ParameterStore) {
    for index in parameters.indices { store.fill(index, from: engine.parameterPointer(index)) }
  }
}

extension ParameterStore {
  fileprivate func fill(_ index: Int, from start: UnsafePointer<Float>) {
    pointer(index).copyMemory(
      from: start, byteCount: shapes[index].count * MemoryLayout<Float>.stride)
  }
}
