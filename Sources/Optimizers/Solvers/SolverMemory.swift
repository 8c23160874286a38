import Autodiff
import Tensors

/// The few numbers that a solver remembers beside its vectors.
///
/// They are kept in float32, as all of a checkpoint is, and so are used rounded to it: what goes on from a checkpoint has the same bits.
final class SolverMemory {
  let store: ParameterStore

  init(_ names: [String], element: ElementType) {
    store = ParameterStore(names.map { ("solver.\($0)", Shape([])) }, element: element)
  }

  subscript(place: Int) -> Double {
    get {
      store.element == .float64
        ? store.pointer(place).load(as: Double.self)
        : Double(store.pointer(place).load(as: Float.self))
    }
    set {
      if store.element == .float64 {
        store.pointer(place).storeBytes(of: newValue, as: Double.self)
      } else {
        store.pointer(place).storeBytes(of: Float(newValue), as: Float.self)
      }
    }
  }

  /// Whether what is done each so many steps is due in this one, which is counted.
  ///
  /// - Parameter counter: the place of the steps since it was done last; 0 when it's due.
  func isDue(_ counter: Int, every interval: Int) -> Bool {
    let since = Int(self[counter])
    self[counter] = Double(since + 1 >= interval ? 0 : since + 1)
    return since == 0
  }
}
