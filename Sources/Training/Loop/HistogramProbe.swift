import Autodiff
import Kernels
import NeuralNetworks

/// Takes the histograms of a step, in memory of its own that is used again and again.
///
/// Holds the parameters' memory once more: the weights before the step's update.
final class HistogramProbe {
  private let engine: TrainingEngine
  private let before: ParameterStore
  private let counter = Histogram()

  init(_ engine: TrainingEngine) {
    self.engine = engine
    before = ParameterStore(
      zip(engine.gradients.names, engine.gradients.shapes).map { (name: $0, shape: $1) },
      element: .float32)
  }

  /// Of gradients and weights, and of what layers hold.
  func beforeUpdate(
    of parameters: [ParameterDescription], _ program: TrainingProgram, step: Int
  ) -> [HistogramRecord] {
    var records: [HistogramRecord] = []
    for (index, parameter) in parameters.enumerated() {
      let count = parameter.shape.count
      let weights = engine.parameterPointer(index)
      records.append(
        record(.gradient, parameter, step) { $0.count(engine.gradientPointer(index), count: count) })
      records.append(record(.weight, parameter, step) { $0.count(weights, count: count) })
      before.pointer(index).copyMemory(from: weights, byteCount: before.bytes(index).count)
    }
    for layer in program.layers {
      for (quantity, start) in [
        (HistogramRecord.Quantity.activation, layer.output), (.activationGradient, layer.gradient),
      ] {
        counter.count(start, count: layer.shape.count)
        records.append(
          HistogramRecord(
            step: step, quantity: quantity, layer: layer.name, parameter: nil,
            histogram: ValueHistogram(counter)))
      }
    }
    return records
  }

  /// Of how far the weights moved.
  func afterUpdate(of parameters: [ParameterDescription], step: Int) -> [HistogramRecord] {
    parameters.enumerated().map { index, parameter in
      record(.update, parameter, step) {
        $0.count(
          engine.parameterPointer(index),
          less: before.pointer(index).assumingMemoryBound(to: Float.self),
          count: parameter.shape.count)
      }
    }
  }

  private func record(
    _ quantity: HistogramRecord.Quantity, _ parameter: ParameterDescription, _ step: Int,
    _ count: (Histogram) -> Void
  ) -> HistogramRecord {
    count(counter)
    return HistogramRecord(
      step: step, quantity: quantity, layer: parameter.layer, parameter: parameter.name,
      histogram: ValueHistogram(counter))
  }
}
