import Autodiff
import Tensors

/// What an optimizer remembers of all parameters: an entry `<slot>.<parameter>` for each slot of each.
public final class OptimizerMemory {
  public let store: ParameterStore
  /// For each parameter the names of its slots and their entries in the store.
  private let entries: [[(name: String, index: Int)]]
  private let slots: [[OptimizerSlot]]
  private let parameters: ParameterStore

  /// The slots as they begin.
  ///
  /// - Parameter slots: for each parameter.
  init(_ slots: [[OptimizerSlot]], of parameters: ParameterStore) {
    var descriptions: [(name: String, shape: Shape)] = []
    var entries: [[(name: String, index: Int)]] = []
    for (index, own) in slots.enumerated() {
      entries.append(own.enumerated().map { ($1.name, descriptions.count + $0) })
      descriptions += own.map { ("\($0.name).\(parameters.names[index])", $0.shape) }
    }
    self.entries = entries
    self.slots = slots
    self.parameters = parameters
    store = ParameterStore(descriptions, element: parameters.element)
    begin()
  }

  /// Puts slots back to how they begin by the parameters of now.
  ///
  /// - Parameter kept: entries that stay as they are.
  public func begin(keeping kept: Set<String> = []) {
    for (index, own) in slots.enumerated() {
      for (slot, entry) in zip(own, entries[index]) where !kept.contains(store.names[entry.index]) {
        switch slot.beginning {
        case .constant(let number): fill(entry.index, with: number)
        case .parameter:
          store.bytes(entry.index).copyMemory(from: UnsafeRawBufferPointer(parameters.bytes(index)))
        }
      }
    }
  }

  private func fill(_ index: Int, with number: Double) {
    let count = store.shapes[index].count
    if store.element == .float64 {
      store.pointer(index).assumingMemoryBound(to: Double.self)
        .update(repeating: number, count: count)
    } else {
      store.pointer(index).assumingMemoryBound(to: Float.self)
        .update(repeating: Float(number), count: count)
    }
  }

  /// Of a parameter, by the slots' names.
  func pointers(of parameter: Int) -> [String: UnsafeMutableRawPointer] {
    Dictionary(uniqueKeysWithValues: entries[parameter].map { ($0.name, store.pointer($0.index)) })
  }
}
