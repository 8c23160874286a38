import Autodiff

/// Solves `(B + λ I) p = -g` by conjugate gradients, from products `B v` alone.
///
/// Hestenes and Stiefel 1952. A direction along which the matrix isn't positive ends it, as does a bound on iterations.
final class ConjugateGradients {
  /// When the solution is good enough.
  enum Stop: Hashable, Sendable {
    /// `‖r‖ <= tolerance ‖g‖` of the residual.
    case residual(Double)
    /// The model `φ(p) = gᵀp + ½ pᵀ(B + λI)p` has fallen by less than `k ε φ` in the last `k = max(10, i / 10)` iterations.
    /// Martens 2010, "Deep learning via Hessian-free optimization", section 4.4.
    case progress(Double)
  }

  struct Outcome {
    var iterations = 0
    /// `gᵀp + ½ pᵀ(B + λI)p`.
    var model = 0.0
    /// `‖p‖²`.
    var squares = 0.0
  }

  private let vectors: ParameterVectors
  private let direction: ParameterStore
  private let product: ParameterStore
  private let residual: ParameterStore
  private var models: [Double] = []

  /// - Parameters:
  ///   - direction: what a product is taken of.
  ///   - product: what it comes to.
  init(_ vectors: ParameterVectors, direction: ParameterStore, product: ParameterStore) {
    self.vectors = vectors
    self.direction = direction
    self.product = product
    residual = vectors.make("residual")
  }

  /// - Parameters:
  ///   - solution: where it begins, and what it comes to.
  ///   - isWarm: whether it begins anywhere but at 0.
  func solve(
    gradient: ParameterStore, damping: Double, solution: ParameterStore, isWarm: Bool,
    iterations: Int, stop: Stop, multiply: () -> Void
  ) -> Outcome {
    models.removeAll(keepingCapacity: true)
    // r = -g - (B + λI) p.
    vectors.scale(residual, -1, gradient)
    if isWarm {
      direction.copy(from: solution)
      multiply()
      vectors.add(damping, solution, to: product)
      vectors.add(-1, product, to: residual)
    }
    direction.copy(from: residual)
    var squares = vectors.product(residual, residual)
    let bound = vectors.product(gradient, gradient)
    var outcome = Outcome()
    while outcome.iterations < iterations {
      if case .residual(let tolerance) = stop, squares <= tolerance * tolerance * bound { break }
      guard squares > 0 else { break }
      multiply()
      vectors.add(damping, direction, to: product)
      let curvature = vectors.product(direction, product)
      guard curvature > 0 else {
        // At the first iteration the way down is all that is known.
        if outcome.iterations == 0, !isWarm { vectors.scale(solution, -1, gradient) }
        break
      }
      let length = squares / curvature
      vectors.add(length, direction, to: solution)
      vectors.add(-length, product, to: residual)
      let next = vectors.product(residual, residual)
      vectors.combine(direction, next / squares, direction, 1, residual)
      squares = next
      outcome.iterations += 1
      if case .progress(let share) = stop, hasSlowed(gradient, solution, share) { break }
    }
    outcome.model = model(gradient, solution)
    outcome.squares = vectors.product(solution, solution)
    return outcome
  }

  /// `φ(p) = ½ pᵀ(g - r)`, since `(B + λI) p = -g - r`.
  private func model(_ gradient: ParameterStore, _ solution: ParameterStore) -> Double {
    (vectors.product(gradient, solution) - vectors.product(residual, solution)) / 2
  }

  private func hasSlowed(
    _ gradient: ParameterStore, _ solution: ParameterStore, _ share: Double
  ) -> Bool {
    models.append(model(gradient, solution))
    let count = models.count
    let window = max(10, count / 10)
    guard count > window, models[count - 1] < 0 else { return false }
    let gain = (models[count - 1] - models[count - 1 - window]) / models[count - 1]
    return gain < Double(window) * share
  }
}
