import Autodiff
import Kernels
import Tensors

/// Vectors over the parameters that a solver moves: each a store of its own, which algebra takes as one block.
final class ParameterVectors {
  private let parameters: ParameterStore
  private let gradients: ParameterStore
  private let moving: [Int]
  private let algebra: VectorAlgebra
  /// Of each parameter by itself.
  private let entries: [VectorAlgebra]

  init(_ setting: SolverSetting) {
    let (parameters, team) = (setting.parameters, setting.team)
    self.parameters = parameters
    gradients = setting.gradients
    moving = setting.moving
    let layout = ParameterStore(
      setting.moving.map { (parameters.names[$0], parameters.shapes[$0]) },
      element: parameters.element)
    // Gaps between parameters are zeros in all vectors.
    algebra = VectorAlgebra(
      count: layout.byteCount / parameters.element.byteCount, element: parameters.element,
      team: team)
    entries = layout.shapes.map {
      VectorAlgebra(count: $0.count, element: parameters.element, team: team)
    }
  }

  /// The bytes of so many vectors.
  static func bytes(_ count: Int, of shapes: [Shape], element: ElementType) -> Int {
    count * shapes.reduce(0) { $0 + $1.count } * element.byteCount
  }

  /// A vector of zeros.
  ///
  /// - Parameter name: what its entries are called by in a checkpoint, before the parameter's name.
  func make(_ name: String) -> ParameterStore {
    ParameterStore(
      moving.map { ("\(name).\(parameters.names[$0])", parameters.shapes[$0]) },
      element: parameters.element)
  }

  func takeParameters(into vector: ParameterStore) { take(parameters, into: vector) }
  func takeGradients(into vector: ParameterStore) { take(gradients, into: vector) }

  private func take(_ store: ParameterStore, into vector: ParameterStore) {
    for place in moving.indices {
      vector.bytes(place).copyMemory(from: UnsafeRawBufferPointer(store.bytes(moving[place])))
    }
  }

  func putParameters(from vector: ParameterStore) {
    for place in moving.indices {
      parameters.bytes(moving[place]).copyMemory(
        from: UnsafeRawBufferPointer(vector.bytes(place)))
    }
  }

  /// `out = a x + b y`; `out` may be `x` or `y`.
  func combine(
    _ out: ParameterStore, _ a: Double, _ x: ParameterStore, _ b: Double, _ y: ParameterStore
  ) {
    guard algebra.count > 0 else { return }
    algebra.combine(out.pointer(0), a, x.pointer(0), b, y.pointer(0))
  }

  /// `out = a x`.
  func scale(_ out: ParameterStore, _ a: Double, _ x: ParameterStore) { combine(out, 0, x, a, x) }

  /// `out += a x`.
  func add(_ a: Double, _ x: ParameterStore, to out: ParameterStore) { combine(out, 1, out, a, x) }

  func product(_ x: ParameterStore, _ y: ParameterStore) -> Double {
    algebra.count > 0 ? algebra.product(x.pointer(0), y.pointer(0)) : 0
  }

  /// The same of one parameter alone.
  func product(_ x: ParameterStore, _ y: ParameterStore, entry: Int) -> Double {
    entries[entry].product(x.pointer(entry), y.pointer(entry))
  }

  /// Multiplies one parameter of a vector.
  func scale(_ x: ParameterStore, _ a: Double, entry: Int) {
    entries[entry].combine(x.pointer(entry), 0, x.pointer(entry), a, x.pointer(entry))
  }

  func sumOfMagnitudes(_ x: ParameterStore) -> Double {
    algebra.count > 0 ? algebra.sumOfMagnitudes(x.pointer(0)) : 0
  }

  func largestMagnitude(_ x: ParameterStore) -> Double {
    algebra.count > 0 ? algebra.largestMagnitude(x.pointer(0)) : 0
  }
}
