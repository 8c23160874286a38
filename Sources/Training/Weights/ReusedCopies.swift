import Autodiff
import Tensors

/// The copies that the last checkpoint took of a run's parameters and optimizer memory.
///
/// The next one is written over them once nobody reads them any more, which holds the training up for a third of the time
/// that copies in new memory take. For the training thread alone.
final class ReusedCopies {
  private struct Place: Hashable {
    let store: ObjectIdentifier
    let index: Int
  }

  private var copies: [Place: Tensor] = [:]

  /// - Parameter source: what the store holds at an index.
  func copy(
    of store: ParameterStore, _ index: Int, _ type: TensorType,
    from source: UnsafeRawBufferPointer
  ) -> Tensor {
    let place = Place(store: ObjectIdentifier(store), index: index)
    if copies[place]?.overwrite({ $0.copyMemory(from: source) }) == true, let copy = copies[place] {
      return copy
    }
    let copy = Tensor(type: type) { $0.copyMemory(from: source) }
    copies[place] = copy
    return copy
  }
}
