import Autodiff
import Tensors

/// One array that an optimizer remembers for each parameter, such as `exp_avg`.
public struct OptimizerSlot: Sendable {
  /// As in PyTorch's `state_dict`.
  public let name: String
  /// As many entries as parameters, under the parameters' names and shapes.
  public let store: ParameterStore
}

extension Optimizer {
  /// The slots for these parameters, filled with zeros; an optimizer without memory has none.
  public func makeSlots(
    for parameters: [(name: String, shape: Shape)], element: ElementType = .float32
  ) -> [OptimizerSlot] {
    slots.map { name in
      let store = ParameterStore(parameters, element: element)
      store.zero()
      return OptimizerSlot(name: name, store: store)
    }
  }
}
