import Autodiff
import Tensors

extension Model {
  /// The parameters before step 1.
  ///
  /// Each is a function of the seed, its name, its shape and its initializer, so that adding a layer
  /// leaves the others as they were.
  public func initialParameters(seed: UInt64, element: ElementType = .float32) -> ParameterStore {
    let store = ParameterStore(parameters.map { ($0.name, $0.shape) }, element: element)
    for (index, parameter) in parameters.enumerated() {
      let philox = Philox(seed: seed, purpose: "initial \(parameter.name)")
      let distribution = parameter.initializer.distribution(for: parameter.shape)
      let count = parameter.shape.count
      let pointer = store.pointer(index)
      if element == .float64 {
        distribution.fill(Model.buffer(of: Double.self, at: pointer, count: count), from: philox)
      } else {
        distribution.fill(Model.buffer(of: Float.self, at: pointer, count: count), from: philox)
      }
    }
    for parameter in parameters { parameter.derivation?.fill(parameter, in: store) }
    return store
  }

  private static func buffer<Element>(
    of: Element.Type, at pointer: UnsafeMutableRawPointer, count: Int
  ) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      start: pointer.bindMemory(to: Element.self, capacity: count), count: count)
  }
}
