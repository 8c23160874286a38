import Autodiff
import JSON
import Tensors

/// How a layer's `weight` comes of what is learned in its place.
///
/// Parameters are named as `torch.nn.utils.parametrizations` names them.
public enum Parametrization: String, CaseIterable, Hashable, Sendable {
  /// Salimans and Kingma 2016, arXiv:1602.07868.
  case weightNorm = "weight_norm"
  /// Miyato et al. 2018, arXiv:1802.05957.
  case spectralNorm = "spectral_norm"

  /// Members of every layer that takes parametrizations.
  static let fields = [
    Field(
      weightNorm.rawValue, .boolean, default: false,
      """
      Whether the weight is learned as a length g and a direction v of each row: W = g v / |v| \
      (arXiv:1602.07868). The parameters are parametrizations.weight.original0, which is g, and \
      original1, as torch.nn.utils.parametrizations.weight_norm has them.
      """),
    Field(
      spectralNorm.rawValue, .boolean, default: false,
      """
      Whether the weight is divided by its largest singular value, u · W v, of which a training pass makes \
      one more power iteration (arXiv:1802.05957). The parameters are parametrizations.weight.original and \
      the states parametrizations.weight.0._u and _v, as torch.nn.utils.parametrizations.spectral_norm has \
      them.
      """),
  ]

  private static let prefix = "parametrizations.weight"
  /// What no length is taken to be below, as in PyTorch.
  private static let smallestLength = 1e-12

  /// Reads a layer with its parametrization, if it has one.
  static func read<Base: Layer>(_ type: Base.Type, from reader: inout ObjectReader) -> any Layer {
    let layer = type.init(from: &reader)
    let isTaking = type is any NormalizableLayer.Type
    let chosen = allCases.filter { choice in
      // What isn't asked for isn't told to be known here.
      (isTaking || reader.has(choice.rawValue)) && reader.bool(choice.rawValue) ?? false
    }
    guard let first = chosen.first else { return layer }
    guard isTaking else {
      let others = LayerCatalog.all.filter { $0 is any NormalizableLayer.Type }.map { $0.type }
      for choice in chosen {
        reader.fault(
          choice.rawValue,
          "\(type.type) has no weight to normalize; it is for \(others.joined(separator: ", "))")
      }
      return layer
    }
    if chosen.count > 1 {
      reader.fault(
        chosen[1].rawValue, "the layer has \(first.rawValue) already; a weight takes one of the two"
      )
    }
    return Parametrized(base: layer, parametrization: first)
  }

  /// The parameters with what stands for the weight in its place: behind the others, as PyTorch has them.
  ///
  /// - Parameter outputAxis: of the weight.
  func parameters(of own: [LayerParameter], outputAxis: Int) -> [LayerParameter] {
    guard let weight = own.first(where: { $0.name == "weight" }) else { return own }
    let others = own.filter { $0.name != "weight" }
    let prefix = Parametrization.prefix
    switch self {
    case .weightNorm:
      let direction = LayerParameter("\(prefix).original1", weight.shape, weight.initializer)
      let ones = weight.shape.dimensions.dropFirst().map { _ in 1 }
      let length = LayerParameter(
        "\(prefix).original0", Shape([weight.shape[0]] + ones), .constant(value: 1),
        derivation: .rowLengths(of: direction.name))
      return others + [length, direction]
    case .spectralNorm:
      let original = LayerParameter("\(prefix).original", weight.shape, weight.initializer)
      let rows = weight.shape[outputAxis]
      let normal = Initializer.normal(mean: 0, standardDeviation: 1)
      let left = LayerParameter(
        "\(prefix).0._u", [rows], normal, isTrainable: false,
        derivation: .leftSingularVector(of: original.name, axis: outputAxis))
      let right = LayerParameter(
        "\(prefix).0._v", [weight.shape.count / rows], normal, isTrainable: false,
        derivation: .rightSingularVector(
          of: original.name, left: left.name, axis: outputAxis))
      return others + [original, left, right]
    }
  }

  /// The weight, from the parameters that stand for it.
  func weight(
    _ values: [Value], outputAxis: Int, mode: Mode, in graph: inout Graph
  ) throws(GraphError) -> Value {
    switch self {
    case .weightNorm:
      let (length, direction) = (values[0], values[1])
      let axes = Array(1..<graph.shape(of: direction).rank)
      let scale = try graph.divide(
        length, graph.norm(direction, axes: axes, keepsAxes: true))
      return try graph.multiply(direction, scale)
    case .spectralNorm:
      return try Parametrization.spectral(
        values, outputAxis: outputAxis, mode: mode, in: &graph)
    }
  }

  private static func spectral(
    _ values: [Value], outputAxis: Int, mode: Mode, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: values[0])
    let rows = shape[outputAxis]
    let columns = shape.count / rows
    var matrix = values[0]
    if outputAxis != 0 {
      let others = (0..<shape.rank).filter { $0 != outputAxis }
      matrix = try graph.transpose(matrix, axes: [outputAxis] + others)
    }
    matrix = try graph.reshape(matrix, to: [rows, columns])
    // A weight that is used twice in a pass goes on from where its first use came to.
    var left = try graph.reshape(graph.current(values[1]), to: [rows, 1])
    var right = try graph.reshape(graph.current(values[2]), to: [columns, 1])
    if mode == .training {
      // The gradient takes both vectors for constants.
      let still = try graph.stopGradient(matrix)
      left = try normalized(graph.matmul(still, right), in: &graph)
      right = try normalized(graph.matmul(still, left, transposeLeft: true), in: &graph)
      try graph.update(values[1], to: graph.reshape(left, to: [rows]))
      try graph.update(values[2], to: graph.reshape(right, to: [columns]))
    }
    let norm = try graph.sum(graph.multiply(left, graph.matmul(matrix, right)))
    return try graph.divide(values[0], norm)
  }

  private static func normalized(
    _ vector: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.divide(
      vector,
      graph.maximum(graph.norm(vector, keepsAxes: true), graph.scalar(smallestLength)))
  }
}
