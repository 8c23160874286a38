import Autodiff
import Dispatch
import Kernels
import NeuralNetworks
import Tensors

/// Copies of one step's tensors, and their counting on a queue beside the training.
///
/// Safe to hand to the queue because the two take turns: between `begin` and the end of `wait` the copies belong to the queue,
/// at all other times to the thread that trains.
final class HistogramCount: @unchecked Sendable {
  let gradients: ParameterStore
  var before: ParameterStore
  var after: ParameterStore
  private let parameters: [ParameterDescription]
  private var layers: [(name: String, count: Int, output: Int, gradient: Int)] = []
  private var held: [Float] = []
  private let counter = Histogram()
  private var records: [HistogramRecord]?
  private let turn = DispatchGroup()
  private static let queue = DispatchQueue(
    label: "chainrule.histograms", qos: .utility, attributes: .concurrent)

  init(_ parameters: [ParameterDescription]) {
    self.parameters = parameters
    let descriptions = parameters.map { (name: $0.name, shape: $0.shape) }
    gradients = ParameterStore(descriptions, element: .float32)
    before = ParameterStore(descriptions, element: .float32)
    after = ParameterStore(descriptions, element: .float32)
  }

  /// Copies what layers hold.
  func hold(_ layers: [TrainingProgram.ObservedLayer]) {
    self.layers.removeAll(keepingCapacity: true)
    let needed = layers.reduce(0) { $0 + 2 * $1.shape.count }
    if held.count < needed { held = [Float](repeating: 0, count: needed) }
    var place = 0
    held.withUnsafeMutableBufferPointer { held in
      for layer in layers {
        let count = layer.shape.count
        self.layers.append((layer.name, count, place, place + count))
        for source in [layer.output, layer.gradient] {
          (held.baseAddress! + place).update(from: source, count: count)
          place += count
        }
      }
    }
  }

  /// Has what was copied counted.
  func begin(step: Int) {
    Self.queue.async(group: turn) { [self] in records = counted(step: step) }
  }

  /// Waits for the count that was begun; answers its records, once.
  func wait() -> [HistogramRecord]? {
    turn.wait()
    defer { records = nil }
    return records
  }

  private func counted(step: Int) -> [HistogramRecord] {
    var records: [HistogramRecord] = []
    func take(_ quantity: HistogramRecord.Quantity, _ layer: String, _ parameter: String?) {
      records.append(
        HistogramRecord(
          step: step, quantity: quantity, layer: layer, parameter: parameter,
          histogram: ValueHistogram(counter)))
    }
    for (index, parameter) in parameters.enumerated() {
      let count = parameter.shape.count
      counter.count(floats(gradients, index), count: count)
      take(.gradient, parameter.layer, parameter.name)
      counter.count(floats(before, index), count: count)
      take(.weight, parameter.layer, parameter.name)
    }
    held.withUnsafeBufferPointer { held in
      for layer in layers {
        counter.count(held.baseAddress! + layer.output, count: layer.count)
        take(.activation, layer.name, nil)
        counter.count(held.baseAddress! + layer.gradient, count: layer.count)
        take(.activationGradient, layer.name, nil)
      }
    }
    for (index, parameter) in parameters.enumerated() {
      counter.count(
        floats(after, index), less: floats(before, index), count: parameter.shape.count)
      take(.update, parameter.layer, parameter.name)
    }
    return records
  }

  private func floats(_ store: ParameterStore, _ index: Int) -> UnsafePointer<Float> {
    UnsafePointer(store.pointer(index).assumingMemoryBound(to: Float.self))
  }
}
