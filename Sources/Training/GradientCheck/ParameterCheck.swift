import NeuralNetworks
import Tensors

/// One parameter of a gradient check: which elements come next, and what was found.
struct ParameterCheck {
  private(set) var findings: GradientCheckReport.Parameter
  private let analytic: [Double]
  private let values: UnsafeMutablePointer<Double>
  private var order: ElementOrder

  /// - Parameter place: the parameter's values, float64, which must outlive this.
  init(
    _ parameter: ParameterDescription, analytic: [Double], at place: UnsafeMutableRawPointer,
    seed: UInt64
  ) {
    self.analytic = analytic
    values = place.assumingMemoryBound(to: Double.self)
    let philox = Philox(seed: seed, purpose: "gradient check \(parameter.name)")
    order = ElementOrder(count: analytic.count, generator: philox.generator())
    findings = GradientCheckReport.Parameter(
      name: parameter.name, layer: parameter.layer, shape: parameter.shape,
      largestDerivative: analytic.reduce(0) { max($0, abs($1)) })
  }

  mutating func next() -> Int? { order.next() }

  /// Compares one element and takes the result in.
  mutating func record(_ index: Int, _ comparison: inout GradientComparison) {
    let (verdict, numeric) = comparison.compare(
      analytic[index], largest: findings.largestDerivative, at: values + index)
    findings.checked += 1
    if verdict == .kink {
      findings.kinks += 1
      return
    }
    if verdict == .fails { findings.failed += 1 }
    findings.largestDerivative = max(findings.largestDerivative, abs(numeric))
    let element = GradientCheckReport.Element(
      flatIndex: index, analytic: analytic[index], numeric: numeric)
    // What isn't a number is never smaller, and nothing replaces it.
    if let worst = findings.worst, worst.difference.isNaN || element.difference <= worst.difference
    {
      return
    }
    findings.worst = element
  }
}
