import Autodiff
import Tensors

/// Steps `p = -(B + λ I)⁻¹ g` with `B` the curvature of the step's batch.
final class CurvatureSolver: StepSolver {
  /// Vectors that it holds.
  static let vectors = 6

  private let rule: CurvatureRule
  private let vectors: ParameterVectors
  let direction: ParameterStore
  let product: ParameterStore
  private let gradients: ConjugateGradients
  private let gradient: ParameterStore
  private let origin: ParameterStore

  // MARK: Memory

  private let solution: ParameterStore
  private let numbers: SolverMemory
  private var damping: Double {
    get { numbers[0] }
    set {
      numbers[0] = max(
        CurvatureSolver.bounds.lowerBound, min(newValue, CurvatureSolver.bounds.upperBound))
    }
  }
  /// By what the next step that fails multiplies the damping.
  private var growth: Double {
    get { numbers[1] }
    set { numbers[1] = newValue }
  }

  private var last = (damping: 0.0, iterations: 0, ratio: 0.0, length: 0.0)

  private static let bounds = 1e-20...1e20
  private static let mostGrowth = 65_536.0
  private static let shortening = (factor: 0.8, decrease: 0.01)

  init(_ rule: CurvatureRule, _ setting: SolverSetting) {
    self.rule = rule
    let vectors = ParameterVectors(setting)
    self.vectors = vectors
    direction = vectors.make("direction")
    product = vectors.make("product")
    gradients = ConjugateGradients(vectors, direction: direction, product: product)
    gradient = vectors.make("gradient")
    origin = vectors.make("origin")
    solution = vectors.make("solver.solution")
    numbers = SolverMemory(["damping", "growth"], element: setting.parameters.element)
    numbers[0] = rule.damping
    numbers[1] = 2
  }

  var memory: [ParameterStore] { [solution, numbers.store] }
  func restored() {}

  var series: [String] {
    ["damping", "cg_iterations", "step_length"] + (rule.search == .none ? [] : ["reduction_ratio"])
  }

  func value(ofSeries place: Int) -> Double {
    switch place {
    case 0: last.damping
    case 1: Double(last.iterations)
    case 2: last.length
    default: last.ratio
    }
  }

  func solve(_ objective: any StepObjective, loss: Double, learningRate: Double) {
    vectors.takeGradients(into: gradient)
    vectors.takeParameters(into: origin)
    last = (damping, 0, 0, 0)
    let attempts = if case .damping(let most) = rule.search { most } else { 1 }
    for _ in 0..<attempts {
      last.damping = damping
      let found = findSolution(objective)
      last.iterations += found.iterations
      let slope = vectors.product(gradient, solution)
      guard slope < 0 else {
        // No way down, as where nothing is a number.
        solution.zero()
        adapt(ratio: -1)
        continue
      }
      // pᵀBp = 2 (φ - gᵀp) - λ‖p‖².
      let bend = 2 * (found.model - slope) - last.damping * found.squares
      var length = learningRate
      if let trust = rule.trust, length * length * bend > 2 * trust {
        length = (2 * trust / bend).squareRoot()
      }
      move(to: length)
      last.length = length
      guard rule.search != .none else { return }
      let fall = objective.evaluate() - loss
      // What the curvature promises, without the damping.
      let promise = length * slope + length * length * bend / 2
      last.ratio = fall.isFinite && promise < 0 ? fall / promise : -1
      adapt(ratio: last.ratio)
      if isTaken(fall, from: loss, slope: slope, objective) { return }
      last.length = 0
      move(to: 0)
    }
  }

  /// Begins from what was found last, where the rule says so.
  private func findSolution(_ objective: any StepObjective) -> ConjugateGradients.Outcome {
    let isWarm = rule.warmStart != nil
    vectors.scale(solution, rule.warmStart ?? 0, solution)
    return gradients.solve(
      gradient: gradient, damping: damping, solution: solution, isWarm: isWarm,
      iterations: rule.iterations, stop: rule.stop
    ) { objective.measureCurvature() }
  }

  private func move(to length: Double) {
    vectors.combine(product, 1, origin, length, solution)
    vectors.putParameters(from: product)
  }

  /// Whether the step stays, perhaps a shorter one.
  ///
  /// - Parameter fall: of the loss at its whole length.
  private func isTaken(
    _ fall: Double, from loss: Double, slope: Double, _ objective: any StepObjective
  ) -> Bool {
    guard case .shorten(let most) = rule.search else { return fall < 0 }
    var fall = fall
    for _ in 0..<most {
      if fall <= Self.shortening.decrease * last.length * slope { return true }
      last.length *= Self.shortening.factor
      move(to: last.length)
      fall = objective.evaluate() - loss
    }
    return fall < 0
  }

  /// - Parameter ratio: of the fall that came to that which was promised, ρ.
  private func adapt(ratio: Double) {
    switch rule.adaptation {
    case .none: break
    case .nielsen:
      if ratio > 0 {
        let cube = (2 * ratio - 1) * (2 * ratio - 1) * (2 * ratio - 1)
        damping *= max(1.0 / 3, 1 - cube)
        growth = 2
      } else {
        damping *= growth
        growth = min(2 * growth, Self.mostGrowth)
      }
    case .martens:
      if ratio < 0.25 { damping *= 1.5 } else if ratio > 0.75 { damping *= 2.0 / 3 }
    }
  }
}
