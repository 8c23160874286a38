import Autodiff
import Expressions
import Tensors

/// How a function written as an expression behaves, found by trying it at many points.
///
/// A derivative that is 0 at every one of them is no derivative to learn by, whatever the reason.
struct ExpressionBehaviour: Hashable, Sendable {
  /// What is wrong with it as a whole; `nil` for a function that can be learned through.
  var fault: String?
  /// Learned parameters that change nothing.
  var idleParameters: [String] = []
  /// Whether it lets through little of the negative half of its first variable.
  var isRectifying = false
  /// Whether it is 0 below 0, and flat there.
  var isZeroBelow = false

  /// - Parameters:
  ///   - variables: the names that stand for tensors; the derivative is with respect to the first.
  ///   - parameters: learned parameters with their initial values.
  init(
    of expression: ElementExpression, variables: [String],
    parameters: [(name: String, initial: Double)]
  ) {
    do throws(GraphError) {
      try tryOut(expression, variables, parameters)
    } catch {
      fault = error.message
    }
  }

  private mutating func tryOut(
    _ expression: ElementExpression, _ variables: [String],
    _ parameters: [(name: String, initial: Double)]
  ) throws(GraphError) {
    // Once with the initial parameters, and once with others: at 0 a factor has no slope.
    let half = variables.count == 1 ? ExpressionBehaviour.points : ExpressionBehaviour.pairs.first
    let other = ExpressionBehaviour.pairs.second
    let count = half.count
    var graph = Graph(element: .float64)
    var values: [String: Value] = [:]
    var contents: [Value: Tensor] = [:]
    func add(_ name: String, _ numbers: [Double]) -> Value {
      let value = graph.input(name, TensorType([2 * count], .float64))
      values[name] = value
      contents[value] = Tensor(numbers, shape: [2 * count])
      return value
    }
    var targets: [Value] = []
    for (index, name) in variables.enumerated() {
      let value = add(name, index == 0 ? half + half : other + other)
      if index == 0 { targets.append(value) }
    }
    for (name, initial) in parameters {
      let moved = [Double](repeating: initial + 0.371, count: count)
      targets.append(add(name, [Double](repeating: initial, count: count) + moved))
    }
    let output = try expression.build(values, in: &graph)
    let spread = try graph.add(output, graph.scale(targets[0], by: 0))
    let gradients = try graph.gradients(of: graph.sum(spread), withRespectTo: targets)
    let found = try graph.evaluated([spread] + gradients, with: contents)
    judge(expression, variables[0], value: found[0], slope: found[1])
    for (index, parameter) in parameters.enumerated() {
      if !found[index + 2].contains(where: { $0.isFinite && $0 != 0 }) {
        idleParameters.append(parameter.name)
      }
    }
    if variables.count == 1 {
      learnShape(half, value: found[0], slope: found[1])
    }
  }

  private mutating func judge(
    _ expression: ElementExpression, _ variable: String, value: [Double], slope: [Double]
  ) {
    let finite = value.filter(\.isFinite)
    guard let first = finite.first else {
      fault = "it is a finite number for no \(variable) between -1e8 and 1e8"
      return
    }
    if slope.contains(where: { $0.isFinite && $0 != 0 }) { return }
    if !slope.contains(where: \.isFinite) {
      fault = "its derivative with respect to \(variable) is a finite number nowhere"
    } else if finite.allSatisfy({ $0 == first }) {
      fault = "it is \(first) for every \(variable), so that nothing can be learned through it"
    } else {
      var steps: [String] = []
      expression.root.forEach { node in
        guard case .call(let name, _) = node.kind,
          let function = ExpressionFunctionCatalog.byName[name], !function.hasSlope,
          !steps.contains(name)
        else { return }
        steps.append(name)
      }
      let reason =
        steps.isEmpty
        ? "comparisons are steps" : "\(steps.joined(separator: ", ")) and comparisons are steps"
      fault =
        "it isn't differentiable anywhere but where its derivative with respect to \(variable) is 0, "
        + "so that nothing can be learned through it: \(reason)"
    }
  }

  private mutating func learnShape(_ points: [Double], value: [Double], slope: [Double]) {
    func mean(_ range: ClosedRange<Double>) -> Double {
      let found = points.indices.filter { range.contains(points[$0]) && slope[$0].isFinite }
      return found.reduce(0) { $0 + abs(slope[$1]) } / Double(max(found.count, 1))
    }
    let positive = mean(0.5...4)
    isRectifying = positive > 0 && mean(-4 ... -0.5) < positive / 3
    isZeroBelow =
      positive > 0
      && points.indices.allSatisfy { points[$0] >= 0 || value[$0] == 0 && slope[$0] == 0 }
  }

  /// Close to each other where networks are at work, and at every scale up to 1e8.
  private static let points: [Double] = {
    var points = (0..<512).map { Double($0 - 256) * 0.05 + 0.0137 }
    var scale = 1e-8
    while scale < 2e8 {
      for factor in [1.0, 2.13, 4.71] { points += [scale * factor, -scale * factor] }
      scale *= 10
    }
    return points
  }()

  /// Points of two variables, among them probabilities, and 0 and 1 for the second.
  private static let pairs: (first: [Double], second: [Double]) = {
    var generator = Philox(seed: 4, purpose: "points of an expression").generator()
    var first: [Double] = []
    var second: [Double] = []
    for index in 0..<768 {
      let (a, b) = (generator.uniform(), generator.uniform())
      let pair =
        switch index % 4 {
        case 0: (8 * a - 4, 8 * b - 4)
        case 1: (a, b)
        case 2: (8 * a - 4, b < 0.5 ? 0 : 1.0)
        default: ((a - 0.5) * 2e4, (b - 0.5) * 2e4)
        }
      first.append(pair.0)
      second.append(pair.1)
    }
    return (first, second)
  }()
}
