import Autodiff
import Foundation
import Kernels
import Optimizers
import Tensors

/// A function with a known minimum as the objective of a solver, in float64, with its derivatives written out.
final class SolverFunction: StepObjective {
  enum Kind: String {
    /// `Σ 100 (x₂ - x₁²)² + (1 - x₁)²` over neighbours, least at 1. Rosenbrock 1960.
    case rosenbrock
    /// `½ Σ cᵢ xᵢ²` with curvatures over some decades from 1, least at 0.
    case quadratic
  }

  let kind: Kind
  let parameters: ParameterStore
  let gradients: ParameterStore
  let count: Int
  private let decades: Double
  private(set) var evaluations = 0
  var solver: (any StepSolver)?

  init(_ kind: Kind, start: [Double], decades: Double = 6) {
    self.kind = kind
    self.decades = decades
    count = start.count
    // Two parameters, so that gaps lie between them.
    let shapes = [Shape([1]), Shape([start.count - 1])]
    let descriptions = shapes.enumerated().map { (name: "p\($0)", shape: $1) }
    parameters = ParameterStore(descriptions, element: .float64)
    gradients = ParameterStore(descriptions, element: .float64)
    weights = start
  }

  var weights: [Double] {
    get { Self.read(parameters) }
    set { Self.write(newValue, parameters) }
  }

  func bind(_ rule: any SolvingOptimizer, threads: Int = 1) {
    solver = rule.solver(
      SolverSetting(
        parameters: parameters, gradients: gradients, moving: [0, 1],
        team: ThreadTeam(threads: threads)))
  }

  /// One step from where the parameters are; answers the loss there.
  func step(learningRate: Double = 1) -> Double {
    let loss = evaluate()
    solver?.solve(self, loss: loss, learningRate: learningRate)
    return loss
  }

  func evaluate() -> Double {
    evaluations += 1
    let x = weights
    var gradient = [Double](repeating: 0, count: count)
    var loss = 0.0
    switch kind {
    case .rosenbrock:
      for i in 0..<count - 1 {
        let (a, b) = (x[i + 1] - x[i] * x[i], 1 - x[i])
        loss += 100 * a * a + b * b
        gradient[i] += -400 * a * x[i] - 2 * b
        gradient[i + 1] += 200 * a
      }
    case .quadratic:
      for i in 0..<count {
        loss += curvature(i) * x[i] * x[i] / 2
        gradient[i] = curvature(i) * x[i]
      }
    }
    Self.write(gradient, gradients)
    return loss
  }

  /// By the residuals `10 (x₂ - x₁²)` and `1 - x₁` of a sum of squares, whose Hessian is 2.
  func measureCurvature() {
    guard let solver else { return }
    let (x, v) = (weights, Self.read(solver.direction))
    var product = [Double](repeating: 0, count: count)
    switch kind {
    case .rosenbrock:
      for i in 0..<count - 1 {
        let row = 10 * (v[i + 1] - 2 * x[i] * v[i])
        product[i] += 2 * (row * 10 * -2 * x[i] + v[i])
        product[i + 1] += 2 * row * 10
      }
    case .quadratic:
      for i in 0..<count { product[i] = curvature(i) * v[i] }
    }
    Self.write(product, solver.product)
  }

  private func curvature(_ index: Int) -> Double {
    pow(10, decades * Double(index) / Double(count - 1))
  }

  private static func read(_ store: ParameterStore) -> [Double] {
    store.shapes.indices.flatMap { index in
      let start = store.pointer(index).assumingMemoryBound(to: Double.self)
      return (0..<store.shapes[index].count).map { start[$0] }
    }
  }

  private static func write(_ values: [Double], _ store: ParameterStore) {
    var place = 0
    for index in store.shapes.indices {
      let start = store.pointer(index).assumingMemoryBound(to: Double.self)
      for element in 0..<store.shapes[index].count {
        start[element] = values[place]
        place += 1
      }
    }
  }
}
