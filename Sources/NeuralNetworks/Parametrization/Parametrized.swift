import Autodiff
import JSON
import Tensors

/// A layer whose `weight` is made of other parameters.
struct Parametrized<Base: Layer>: LayerWrapper {
  let base: Base
  let parametrization: Parametrization

  init(base: Base, parametrization: Parametrization) {
    self.base = base
    self.parametrization = parametrization
  }

  /// Reads the layer alone; `Parametrization.read` is what finds a parametrization.
  init(from reader: inout ObjectReader) {
    self.init(base: Base(from: &reader), parametrization: .weightNorm)
  }

  private static var outputAxis: Int { (Base.self as? any NormalizableLayer.Type)?.outputAxis ?? 0 }

  var configuration: [(String, JSON)] {
    base.configuration + [(parametrization.rawValue, true)]
  }

  func taking(vocabulary: Int?) throws(ShapeFault) -> Parametrized {
    Parametrized(
      base: try base.taking(vocabulary: vocabulary), parametrization: parametrization)
  }

  func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let shape = try base.outputShape(of: inputs)
    let weight = base.parameters(of: inputs).first { $0.name == "weight" }
    if let weight, [.zeros, .constant(value: 0)].contains(weight.initializer) {
      throw ShapeFault(
        field: "initializer", "\(parametrization.rawValue) would divide by the length of zeros",
        rule: "a weight that is normalized doesn't begin as 0")
    }
    return shape
  }

  func parameters(of inputs: [Shape]) -> [LayerParameter] {
    parametrization.parameters(of: base.parameters(of: inputs), outputAxis: Self.outputAxis)
  }

  func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shapes = inputs.map { graph.shape(of: $0).dropFirst() }
    let own = base.parameters(of: shapes)
    // All that the layer has but its weight comes first.
    let others = parameters.prefix(own.count - 1)
    let weight = try parametrization.weight(
      Array(parameters.dropFirst(own.count - 1)), outputAxis: Self.outputAxis, mode: context.mode,
      in: &graph)
    var rest = others[...]
    let values = own.map { $0.name == "weight" ? weight : rest.popFirst() ?? weight }
    return try base.forward(inputs, parameters: values, context: context, in: &graph)
  }
}
