import Autodiff
import Tensors

extension Model {
  /// The parameters before step 1.
  ///
  /// Each is a function of the seed, its name, its shape and its initializer, so that adding a layer
  /// leaves the others as they were.
  public func initialParameters(seed: UInt64, element: ElementType = .float32) -> ParameterStore {
    let store = ParameterStore(parameters.map { ($0.name, $0.shape) }, element: element)
    for index in parameters.indices { draw(index, into: store, seed: seed) }
    derive(in: store, seed: seed)
    return store
  }

  /// Makes the parameters that follow from others of their layer, once those have been written.
  ///
  /// - Parameter given: the names of those that stay as they are.
  public func derive(in store: ParameterStore, seed: UInt64, keeping given: Set<String> = []) {
    for (index, parameter) in parameters.enumerated() where !given.contains(parameter.name) {
      guard let derivation = parameter.derivation else { continue }
      draw(index, into: store, seed: seed)
      derivation.fill(parameter, in: store)
    }
  }

  private func draw(_ index: Int, into store: ParameterStore, seed: UInt64) {
    let parameter = parameters[index]
    let philox = Philox(seed: seed, purpose: "initial \(parameter.name)")
    let distribution = parameter.initializer.distribution(for: parameter.shape)
    let (pointer, count) = (store.pointer(index), parameter.shape.count)
    if store.element == .float64 {
      distribution.fill(Model.buffer(of: Double.self, at: pointer, count: count), from: philox)
    } else {
      distribution.fill(Model.buffer(of: Float.self, at: pointer, count: count), from: philox)
    }
  }

  private static func buffer<Element>(
    of: Element.Type, at pointer: UnsafeMutableRawPointer, count: Int
  ) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      start: pointer.bindMemory(to: Element.self, capacity: count), count: count)
  }
}
