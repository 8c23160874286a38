import Autodiff
import Tensors

/// L-BFGS over the batches of a run; what it remembers goes on from step to step.
final class LBFGSSolver: StepSolver {
  /// Vectors beside the pairs.
  static let ownVectors = 10

  private let rule: LBFGS
  private let vectors: ParameterVectors
  let direction: ParameterStore
  /// No matrix is multiplied by; this is where trial points lie.
  let product: ParameterStore
  private let origin: ParameterStore
  private var gradient: ParameterStore
  /// What a search leaves gradients in.
  private var spares: [ParameterStore]

  // MARK: Memory

  /// The ring of pairs.
  private let changes: [ParameterStore]
  private let steps: [ParameterStore]
  /// The last iteration's step, and the gradient where it began.
  private let lastStep: ParameterStore
  private let lastGradient: ParameterStore
  private let numbers: SolverMemory
  private enum Number: Int, CaseIterable {
    /// Whether an iteration was taken before.
    case hasBegun
    /// Pairs in the ring, and the place of the oldest.
    case pairs
    case first
  }

  /// `1 / sᵀy` of each pair, and `sᵀy / yᵀy` of the newest.
  private var inverses: [Double]
  private var scale = 1.0
  private var coefficients: [Double]

  private var lastLength = 0.0
  private var lastEvaluations = 0

  /// Least `sᵀy` of a pair that says anything.
  private static let leastCurvature = 1e-10

  init(_ rule: LBFGS, _ setting: SolverSetting) {
    self.rule = rule
    let vectors = ParameterVectors(setting)
    self.vectors = vectors
    direction = vectors.make("direction")
    product = vectors.make("trial")
    origin = vectors.make("origin")
    gradient = vectors.make("gradient")
    // A search holds the start, two ends and a new point.
    spares = (0..<4).map { vectors.make("spare.\($0)") }
    changes = (0..<rule.history).map { vectors.make("solver.gradient_change.\($0)") }
    steps = (0..<rule.history).map { vectors.make("solver.step.\($0)") }
    lastStep = vectors.make("solver.last_step")
    lastGradient = vectors.make("solver.last_gradient")
    numbers = SolverMemory(["has_begun", "pairs", "first"], element: setting.parameters.element)
    inverses = [Double](repeating: 0, count: rule.history)
    coefficients = inverses
  }

  var memory: [ParameterStore] { changes + steps + [lastStep, lastGradient, numbers.store] }

  func restored() {
    for place in places {
      inverses[place] = 1 / vectors.product(changes[place], steps[place])
    }
    if let newest = places.last { measureScale(newest) }
  }

  let series = ["step_length", "evaluations"]
  func value(ofSeries place: Int) -> Double { place == 0 ? lastLength : Double(lastEvaluations) }

  private func number(_ name: Number) -> Int { Int(numbers[name.rawValue]) }
  private func set(_ name: Number, _ value: Int) { numbers[name.rawValue] = Double(value) }

  /// The ring's places from the oldest pair to the newest.
  private var places: [Int] {
    (0..<number(.pairs)).map { (number(.first) + $0) % rule.history }
  }

  func solve(_ objective: any StepObjective, loss startLoss: Double, learningRate: Double) {
    var loss = startLoss
    vectors.takeGradients(into: gradient)
    var evaluations = 1
    lastLength = 0
    defer { lastEvaluations = evaluations }
    guard isSteep(gradient) else { return }
    for iteration in 1...rule.iterations {
      let isFirst = number(.hasBegun) == 0
      if isFirst {
        vectors.scale(direction, -1, gradient)
      } else {
        remember()
        findDirection()
      }
      lastGradient.copy(from: gradient)
      lastStep.zero()
      set(.hasBegun, 1)
      let length =
        isFirst ? min(1, 1 / vectors.sumOfMagnitudes(gradient)) * learningRate : learningRate
      let slope = vectors.product(gradient, direction)
      // No descent to speak of; also where anything isn't a number.
      guard slope <= -rule.changeTolerance else { return }

      vectors.takeParameters(into: origin)
      let before = loss
      let largest = vectors.largestMagnitude(direction)
      if rule.searchesLine {
        let start = StrongWolfeSearch.Point(
          length: 0, loss: loss, slope: slope, gradient: gradient)
        let search = StrongWolfeSearch(
          leastChange: rule.changeTolerance, mostRounds: rule.evaluations - evaluations)
        let found = search.run(from: start, length: length, largest: largest) {
          self.point(at: $0, of: objective, holding: $1)
        }
        evaluations += found.evaluations
        move(to: found.point.length)
        loss = found.point.loss
        take(found.point.gradient)
        lastLength = found.point.length
      } else {
        move(to: length)
        lastLength = length
        if iteration < rule.iterations {
          loss = objective.evaluate()
          vectors.takeGradients(into: gradient)
          evaluations += 1
        }
      }
      vectors.scale(lastStep, lastLength, direction)
      guard evaluations < rule.evaluations, isSteep(gradient),
        largest * lastLength > rule.changeTolerance,
        abs(loss - before) >= rule.changeTolerance
      else { return }
    }
  }

  private func isSteep(_ gradient: ParameterStore) -> Bool {
    !(vectors.largestMagnitude(gradient) <= rule.gradientTolerance)
  }

  // MARK: - Along a line

  private func move(to length: Double) {
    vectors.combine(product, 1, origin, length, direction)
    vectors.putParameters(from: product)
  }

  private func point(
    at length: Double, of objective: any StepObjective, holding held: [StrongWolfeSearch.Point]
  ) -> StrongWolfeSearch.Point {
    move(to: length)
    let loss = objective.evaluate()
    // A search holds three at most.
    let free = spares.first { spare in !held.contains { $0.gradient === spare } }
    guard let free else { preconditionFailure("a search holds too many points") }
    vectors.takeGradients(into: free)
    return StrongWolfeSearch.Point(
      length: length, loss: loss, slope: vectors.product(free, direction), gradient: free)
  }

  /// Makes the gradient at a point that of the next iteration.
  private func take(_ found: ParameterStore) {
    guard let place = spares.firstIndex(where: { $0 === found }) else { return }
    swap(&gradient, &spares[place])
  }

  // MARK: - Pairs

  /// Takes the last step and what it changed of the gradient into the ring, where the loss curves upwards along it.
  private func remember() {
    let isFull = number(.pairs) == rule.history
    let place = (number(.first) + number(.pairs)) % rule.history
    // The change goes where trial points lie until it's known to be taken.
    vectors.combine(product, 1, gradient, -1, lastGradient)
    let curvature = vectors.product(product, lastStep)
    guard curvature > Self.leastCurvature else { return }
    changes[place].copy(from: product)
    steps[place].copy(from: lastStep)
    inverses[place] = 1 / curvature
    if isFull {
      set(.first, (number(.first) + 1) % rule.history)
    } else {
      set(.pairs, number(.pairs) + 1)
    }
    measureScale(place)
  }

  private func measureScale(_ newest: Int) {
    scale =
      vectors.product(changes[newest], steps[newest])
      / vectors.product(changes[newest], changes[newest])
  }

  /// The two loops, from the newest pair to the oldest and back.
  private func findDirection() {
    vectors.scale(direction, -1, gradient)
    let places = places
    for place in places.reversed() {
      coefficients[place] = vectors.product(steps[place], direction) * inverses[place]
      vectors.add(-coefficients[place], changes[place], to: direction)
    }
    vectors.scale(direction, scale, direction)
    for place in places {
      let other = vectors.product(changes[place], direction) * inverses[place]
      vectors.add(coefficients[place] - other, steps[place], to: direction)
    }
  }
}
