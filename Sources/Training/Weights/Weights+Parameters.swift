import Autodiff
import NeuralNetworks
import Tensors

extension Weights {
  /// Writes them over what a model's initializers gave, and makes anew what follows from them, such as the
  /// length of a normalized weight.
  func begin(
    _ store: ParameterStore, of model: Model, seed: UInt64
  ) throws(TrainingError) {
    try write(to: store)
    if isPartial { model.derive(in: store, seed: seed, keeping: Set(tensors.map(\.name))) }
  }

  /// A copy of what a store holds now, under the store's names and in its order.
  ///
  /// - Parameter copies: earlier ones, whose memory is used again where nobody else holds it.
  init(copying store: ParameterStore, over copies: ReusedCopies? = nil) {
    self.init(
      store.names.indices.map { index in
        let type = TensorType(store.shapes[index], store.element)
        let source = UnsafeRawBufferPointer(start: store.pointer(index), count: type.byteCount)
        return NamedTensor(
          name: store.names[index],
          tensor: copies?.copy(of: store, index, type, from: source)
            ?? Tensor(type: type) { $0.copyMemory(from: source) })
      })
  }

  /// A store with these weights as a model's parameters.
  ///
  /// - Throws: `TrainingError.invalidWeights` that names every parameter that is missing or of another shape.
  func parameters(of model: Model) throws(TrainingError) -> ParameterStore {
    let store = ParameterStore(
      model.parameters.map { ($0.name, $0.shape) }, element: .float32)
    try write(to: store)
    return store
  }

  /// Copies each tensor to where the store keeps the parameter of its name.
  func write(to store: ParameterStore) throws(TrainingError) {
    var faults: [String] = []
    let byName = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
    for index in store.names.indices {
      let name = store.names[index]
      let wanted = TensorType(store.shapes[index], store.element)
      guard let tensor = byName[name] else {
        if !isPartial { faults.append("\(name) is missing") }
        continue
      }
      guard let tensor = tensor.converted(to: wanted) else {
        faults.append("\(name) is \(tensor.type), the model's is \(wanted)")
        continue
      }
      tensor.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        store.pointer(index).copyMemory(from: base, byteCount: bytes.count)
      }
    }
    let known = Set(store.names)
    for tensor in tensors where !known.contains(tensor.name) {
      faults.append("\(tensor.name) is no parameter of the model")
    }
    if !faults.isEmpty {
      throw TrainingError(.invalidWeights, faults.joined(separator: "; "))
    }
  }
}

extension Tensor {
  /// The tensor itself, or its numbers in double precision; `nil` where the two don't agree in shape.
  fileprivate func converted(to wanted: TensorType) -> Tensor? {
    if type == wanted { return self }
    guard type.shape == wanted.shape, type.element == .float32, wanted.element == .float64 else {
      return nil
    }
    return Tensor(elements(of: Float.self).map(Double.init), shape: type.shape)
  }
}
