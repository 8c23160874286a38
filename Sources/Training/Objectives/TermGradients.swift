import Autodiff
import Kernels
import Tensors

/// Each term's gradients, their products, and the sum of them that the optimizer is given.
///
/// A store's parameters lie in one block with gaps of zeros, so that all of them are one vector here.
final class TermGradients {
  /// One a term.
  let stores: [ParameterStore]
  private let products: Executor
  private let productPlaces: [UnsafeMutablePointer<Float>]
  private let combination: Executor
  private let coefficients: UnsafeMutablePointer<Float>

  /// - Parameter result: where the sum goes.
  init(
    terms: Int, like result: ParameterStore, team: ThreadTeam
  ) throws(TrainingError) {
    let descriptions = zip(result.names, result.shapes).map { (name: $0, shape: $1) }
    let stores = (0..<terms).map { _ in ParameterStore(descriptions, element: .float32) }
    self.stores = stores
    coefficients = .allocate(capacity: terms)
    coefficients.initialize(repeating: 0, count: terms)
    let length: Shape = [max(1, result.byteCount / MemoryLayout<Float>.stride)]
    do {
      var graph = Graph()
      let vectors = stores.indices.map { graph.parameter("gradient \($0)", length) }
      var bindings: [Value: UnsafeMutableRawPointer] = [:]
      for (vector, store) in zip(vectors, stores) { bindings[vector] = store.pointer(0) }
      var dots: [Value] = []
      for first in 0..<terms {
        for second in first..<terms {
          dots.append(try graph.sum(graph.multiply(vectors[first], vectors[second])))
        }
      }
      let products = try Executor(
        plan: Plan(graph, outputs: dots), bindings: bindings, team: team)
      self.products = products
      productPlaces = dots.map { products.pointer(to: $0).assumingMemoryBound(to: Float.self) }

      var sum: Value?
      for (index, vector) in vectors.enumerated() {
        let coefficient = graph.input("coefficient \(index)", TensorType([]))
        bindings[coefficient] = UnsafeMutableRawPointer(coefficients + index)
        let part = try graph.multiply(coefficient, vector)
        sum = try sum.map { try graph.add($0, part) } ?? part
      }
      if let sum { bindings[sum] = result.pointer(0) }
      combination = try Executor(
        plan: Plan(graph, outputs: sum.map { [$0] } ?? []), bindings: bindings, team: team)
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  deinit { coefficients.deallocate() }

  var plannedBytes: Int {
    products.arenaBytes + combination.arenaBytes + stores.reduce(0) { $0 + $1.byteCount }
  }

  /// `g_i · g_j` for all terms, row after row.
  func measureProducts() -> [Double] {
    products.run()
    let count = stores.count
    var result = [Double](repeating: 0, count: count * count)
    var place = 0
    for first in 0..<count {
      for second in first..<count {
        result[first * count + second] = Double(productPlaces[place].pointee)
        result[second * count + first] = result[first * count + second]
        place += 1
      }
    }
    return result
  }

  func combine(_ factors: [Double]) {
    for (index, factor) in factors.enumerated() { coefficients[index] = Float(factor) }
    combination.run()
  }
}
