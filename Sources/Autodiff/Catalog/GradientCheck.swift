import Kernels
import Tensors

/// Compares the derivatives of a scalar with central differences, in float64.
///
/// `(f(x + h) - f(x - h)) / 2h` for each element. The error of that is about `h² f'''/6 + ε |f| / h`, so with
/// `h = 10⁻⁵` and values near 1 it stays below 10⁻⁹ of the largest derivative.
public struct GradientCheck: Sendable {
  /// What was found for one tensor.
  public struct Finding: Hashable, Sendable {
    public let name: String
    /// The largest difference of any element.
    public let largestDifference: Double
    /// The largest derivative of any element.
    public let largestDerivative: Double
    /// Where the largest difference is.
    public let element: Int
    public let analytic: Double
    public let numeric: Double

    /// The difference as a part of the largest derivative, which is taken to be at least 1.
    public var relativeDifference: Double { largestDifference / max(largestDerivative, 1) }
  }

  public var step: Double

  public init(step: Double = 1e-5) { self.step = step }

  /// - Parameters:
  ///   - loss: a scalar of `graph`, whose element type is float64.
  ///   - variables: the inputs or parameters with respect to which derivatives are checked.
  ///   - contents: what every input and parameter holds.
  public func findings(
    graph: Graph, loss: Value, variables: [(name: String, value: Value)],
    contents: [Value: Tensor], team: ThreadTeam
  ) throws(GraphError) -> [Finding] {
    guard graph.element == .float64 else {
      throw GraphError(
        .elementMismatch, "the graph's elements are \(graph.element.rawValue)",
        rule: "they are float64", operation: "gradient check")
    }
    var graph = graph
    let gradients = try graph.gradients(of: loss, withRespectTo: variables.map(\.value))
    let executor = try Executor(
      plan: Plan(graph, outputs: [loss] + gradients), bindings: [:], team: team)
    // Differences need the loss alone.
    let forward = try Executor(plan: Plan(graph, outputs: [loss]), bindings: [:], team: team)
    for (value, tensor) in contents {
      for target in [executor, forward] {
        guard let place = target.place(of: value) else { continue }
        tensor.withUnsafeBytes { bytes in
          if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
        }
      }
    }
    executor.run()
    let result = forward.doubles(loss)
    return zip(variables, gradients).map { variable, gradient in
      let analytic = executor.doubles(gradient)
      let count = graph.shape(of: variable.value).count
      let place = forward.place(of: variable.value)?.assumingMemoryBound(to: Double.self)
      var worst = Finding(
        name: variable.name, largestDifference: 0, largestDerivative: 0, element: 0, analytic: 0,
        numeric: 0)
      var largest = 0.0
      for element in 0..<count {
        var numeric = 0.0
        if let place {
          let before = place[element]
          place[element] = before + step
          forward.run()
          let above = result.pointee
          place[element] = before - step
          forward.run()
          let below = result.pointee
          place[element] = before
          numeric = (above - below) / (2 * step)
        }
        let difference = abs(analytic[element] - numeric)
        largest = max(largest, abs(analytic[element]), abs(numeric))
        // A NaN is never smaller, so that it is what is found.
        if !(difference <= worst.largestDifference) {
          worst = Finding(
            name: variable.name, largestDifference: difference, largestDerivative: 0,
            element: element, analytic: analytic[element], numeric: numeric)
        }
      }
      return Finding(
        name: worst.name, largestDifference: worst.largestDifference, largestDerivative: largest,
        element: worst.element, analytic: worst.analytic, numeric: worst.numeric)
    }
  }
}

extension Executor {
  fileprivate func doubles(_ value: Value) -> UnsafeMutablePointer<Double> {
    pointer(to: value).assumingMemoryBound(to: Double.self)
  }
}
