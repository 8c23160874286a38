import Autodiff
import JSON
import Testing

@testable import Optimizers

/// Optimizers that look at a batch by themselves, on functions with known minima.
@Suite struct SolverTests {
  private static let fixture = Fixture.json("lbfgs.json")
  static let cases = (fixture["cases"]?.array ?? []).map(OptimizerReferenceTests.Case.init)

  private func rule(_ json: JSON) throws -> any SolvingOptimizer {
    try #require(
      try OptimizerCatalog.decode(json, pointer: "") as? any SolvingOptimizer)
  }

  @Test("50 steps of L-BFGS are PyTorch's to 1e-6", arguments: cases, [1, 2])
  func lbfgs(expected: OptimizerReferenceTests.Case, threads: Int) throws {
    let json = expected.json
    let kind = try #require(SolverFunction.Kind(rawValue: json["function"]?.string ?? ""))
    let function = SolverFunction(
      kind, start: Fixture.numbers(json["start"]), decades: 2)
    var members = try #require(json["members"]?.object)
    members["type"] = "lbfgs"
    let rule = try rule(.object(members))
    function.bind(rule, threads: threads)
    let steps = json["steps"]?.array ?? []
    #expect(steps.count == 50)
    for (index, step) in steps.enumerated() {
      let loss = function.step(learningRate: rule.learningRate)
      let wanted = try #require(step["loss"]?.double)
      #expect(abs(loss - wanted) <= 1e-6 * max(1, wanted), "step \(index): \(loss), \(wanted)")
      for (a, b) in zip(function.weights, Fixture.numbers(step["weights"])) {
        #expect(abs(a - b) <= 1e-6 * max(1, abs(b)), "step \(index): \(a), \(b)")
      }
    }
  }

  /// Steps until the loss is below 1e-8; `nil` when 100 aren't enough.
  private func steps(_ function: SolverFunction, learningRate: Double = 1) -> Int? {
    (0...100).first { _ in function.step(learningRate: learningRate) < 1e-8 }
  }

  @Test("L-BFGS finds Rosenbrock's minimum in 40 iterations, and that of a bad quadratic")
  func lbfgsMinima() throws {
    let one: JSON = ["type": "lbfgs", "iterations": 1]
    let rosenbrock = SolverFunction(.rosenbrock, start: [-1.2, 1])
    rosenbrock.bind(try rule(one))
    #expect(try #require(steps(rosenbrock)) <= 40)
    #expect(rosenbrock.evaluations < 120)
    let quadratic = SolverFunction(.quadratic, start: [Double](repeating: 1, count: 10))
    quadratic.bind(try rule(["type": "lbfgs", "change_tolerance": 1e-12]))
    #expect(try #require(steps(quadratic)) <= 20)
  }

  @Test("Gauss–Newton follows Rosenbrock's valley in some twenty steps; a quadratic takes two")
  func gaussNewton() throws {
    let tight: JSON = ["type": "gauss_newton", "damping": 1e-9, "cg_tolerance": 1e-12]
    let rosenbrock = SolverFunction(.rosenbrock, start: [-1.2, 1])
    rosenbrock.bind(try rule(tight))
    #expect(try #require(steps(rosenbrock)) <= 25)
    // Undamped, and up the valley's wall: the first step makes one residual 0, and the other is linear then.
    let undamped = SolverFunction(.rosenbrock, start: [-1.2, 1])
    undamped.bind(
      try rule(["type": "natural_gradient", "damping": 1e-20, "cg_tolerance": 1e-14]))
    #expect(steps(undamped) == 2)
    let quadratic = SolverFunction(.quadratic, start: [Double](repeating: 1, count: 10))
    quadratic.bind(try rule(tight))
    // Ten curvatures, so ten directions, and the solution is the minimum.
    #expect(try #require(steps(quadratic)) <= 2)
  }

  @Test("Hessian-free steps find the minima of both")
  func hessianFree() throws {
    for kind in [SolverFunction.Kind.rosenbrock, .quadratic] {
      let start = kind == .rosenbrock ? [-1.2, 1] : [Double](repeating: 1, count: 10)
      let function = SolverFunction(kind, start: start)
      function.bind(try rule(["type": "hessian_free", "cg_progress": 0]))
      #expect(try #require(steps(function)) <= 60)
    }
  }

  @Test("a natural step is the solution of (F + λ I) p = -g, or shorter by what it may diverge")
  func naturalGradient() throws {
    let start = [1.0, -2, 0.5]
    let function = SolverFunction(.quadratic, start: start)
    function.bind(
      try rule(["type": "natural_gradient", "damping": 0.5, "cg_tolerance": 1e-14]))
    _ = function.step(learningRate: 0.25)
    let curvatures = [1.0, 1e3, 1e6]
    let wanted = zip(start, curvatures).map { x, c in x - 0.25 * c * x / (c + 0.5) }
    for (a, b) in zip(function.weights, wanted) { #expect(abs(a - b) < 1e-9) }

    let bounded = SolverFunction(.quadratic, start: start)
    bounded.bind(
      try rule([
        "type": "natural_gradient", "damping": 0.5, "cg_tolerance": 1e-14, "max_divergence": 0.01,
      ]))
    _ = bounded.step(learningRate: 0.25)
    let moved = zip(start, bounded.weights).map { $1 - $0 }
    let divergence = zip(moved, curvatures).reduce(0) { $0 + $1.1 * $1.0 * $1.0 / 2 }
    #expect(abs(divergence - 0.01) < 1e-6)
  }

  @Test(
    "Sophia's steps are the paper's, and its signs find a diagonal curvature whole",
    arguments: [1, 2])
  func sophia(threads: Int) throws {
    let start = [1.0, -2, 0.5, 3e-5]
    let function = SolverFunction(.quadratic, start: start, decades: 3)
    function.bind(
      try rule([
        "type": "sophia", "beta1": 0.9, "beta2": 0.8, "gamma": 0.5, "estimate_every": 3,
        "weight_decay": 0.1,
      ]), threads: threads)
    let curvatures = [1.0, 10, 100, 1000]
    var (w, m, h) = (start, [0.0, 0, 0, 0], [0.0, 0, 0, 0])
    for step in 0..<50 {
      _ = function.step(learningRate: 0.01)
      for i in 0..<4 {
        m[i] = 0.9 * m[i] + 0.1 * curvatures[i] * w[i]
        if step % 3 == 0 { h[i] = 0.8 * h[i] + 0.2 * curvatures[i] }
        let move = max(-1, min(1, m[i] / max(0.5 * h[i], 1e-12)))
        w[i] = w[i] * (1 - 0.01 * 0.1) - 0.01 * move
      }
      for (a, b) in zip(function.weights, w) { #expect(abs(a - b) < 1e-12, "\(step)") }
    }
  }

  @Test("where the loss can't fall the weights stay, and damping grows")
  func stuck() throws {
    let function = SolverFunction(.rosenbrock, start: [1, 1])
    function.bind(try rule(["type": "gauss_newton", "attempts": 3]))
    _ = function.step()
    #expect(function.weights == [1, 1])
  }

  @Test(
    "what goes on from its memory goes on in the same bits",
    arguments: ["lbfgs", "gauss_newton", "hessian_free", "natural_gradient", "sophia"])
  func memory(type: String) throws {
    let json: JSON =
      type == "lbfgs" ? ["type": "lbfgs", "iterations": 1, "history": 3] : .string(type)
    let start = [-1.2, 1.0, 0.3, -0.4]
    let whole = SolverFunction(.rosenbrock, start: start)
    whole.bind(try rule(json))
    for _ in 0..<12 { _ = whole.step(learningRate: 0.05) }
    let first = SolverFunction(.rosenbrock, start: start)
    first.bind(try rule(json))
    for _ in 0..<7 { _ = first.step(learningRate: 0.05) }
    let second = SolverFunction(.rosenbrock, start: first.weights)
    second.bind(try rule(json))
    let (old, new) = (try #require(first.solver), try #require(second.solver))
    for (a, b) in zip(old.memory, new.memory) { b.copy(from: a) }
    new.restored()
    for _ in 7..<12 { _ = second.step(learningRate: 0.05) }
    #expect(second.weights == whole.weights)
    #expect(whole.weights != first.weights)
  }

  @Test("they don't go inside others, and groups can only hold still")
  func refusals() throws {
    for type in ["lbfgs", "gauss_newton", "hessian_free", "natural_gradient", "kfac", "sophia"] {
      let inside: JSON = ["type": "lookahead", "optimizer": .string(type)]
      let error = #expect(throws: Faults.self) {
        _ = try OptimizerCatalog.decode(inside, pointer: "/o")
      }
      #expect(error?.all.first?.pointer == "/o/optimizer")
      let groups: JSON = [
        "type": .string(type), "groups": [["layers": ["a"], "learning_rate": 0.1]],
      ]
      let other = #expect(throws: Faults.self) { _ = try OptimizerChoice(groups, pointer: "/o") }
      #expect(other?.all.first?.pointer == "/o/groups/0")
    }
    let frozen: JSON = ["type": "lbfgs", "groups": [["layers": ["a"], "frozen": true]]]
    #expect(try OptimizerChoice(frozen, pointer: "").groups.count == 1)
  }
}
