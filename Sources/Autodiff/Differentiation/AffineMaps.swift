import Tensors

/// A layer's products with a weight, as a graph has them: `s = W x + b` at each row, or at each place of a convolution.
public struct AffineMap: Sendable {
  public let weight: Value
  /// `nil` where there's none, or none that only this map reads.
  public let bias: Value?
  public let input: Value
  /// Before any activation.
  public let output: Value
  /// How a convolution's kernel moves; `nil` for rows.
  let window: Window?

  /// Elements of the weight along its first axis.
  public let units: Int
  /// All its other elements.
  public let width: Int
}

extension Graph {
  /// The maps whose weights are among some parameters: dense layers and convolutions, each weight read there alone.
  ///
  /// A convolution in groups isn't one.
  public func affineMaps(of parameters: [Value]) -> [AffineMap] {
    var readers: [Value: Int] = [:]
    for node in nodes { for input in node.inputs { readers[input, default: 0] += 1 } }
    let known = Set(parameters)
    var maps: [AffineMap] = []
    for (index, node) in nodes.enumerated() {
      guard case .primitive(let primitive) = node.origin, node.inputs.count > 1 else { continue }
      let window: Window?
      switch primitive {
      case is Linear: window = nil
      case let convolution as Convolution where convolution.groups == 1:
        window = convolution.window
      default: continue
      }
      let weight = node.inputs[1]
      guard known.contains(weight), readers[weight] == 1 else { continue }
      let bias = node.inputs.count > 2 ? node.inputs[2] : nil
      let shape = shape(of: weight)
      maps.append(
        AffineMap(
          weight: weight,
          bias: bias.flatMap { known.contains($0) && readers[$0] == 1 ? $0 : nil },
          input: node.inputs[0], output: Value(index), window: window, units: shape[0],
          width: shape.count / Swift.max(shape[0], 1)))
    }
    return maps
  }

  /// What a map multiplies its weight by, a row for each place of each example: `[R, width]`.
  public mutating func inputRows(of map: AffineMap) throws(GraphError) -> Value {
    guard let window = map.window else { return map.input }
    let (input, kernel) = (shape(of: map.input), shape(of: map.weight))
    let channels = input[1]
    let size = kernel.count / Swift.max(kernel[0] * channels, 1)
    // A kernel for each of a filter's elements that picks it out.
    var numbers = [Float](repeating: 0, count: channels * size * size)
    for row in 0..<channels * size { numbers[row * size + row % size] = 1 }
    let shape = Shape([channels * size, 1] + Array(kernel.dimensions.dropFirst(2)))
    let picks = constant(
      element == .float64
        ? Tensor(numbers.map(Double.init), shape: shape) : Tensor(numbers, shape: shape))
    let patches = try apply(Convolution(window: window, groups: channels), [map.input, picks])
    return try placesAsRows(patches)
  }

  /// The gradient at a map's output as rows that go with those of its inputs: `[R, units]`.
  public mutating func outputRows(
    of gradient: Value, _ map: AffineMap
  ) throws(GraphError) -> Value {
    map.window == nil ? gradient : try placesAsRows(gradient)
  }

  /// `[N, C, …]` as `[N · …, C]`.
  private mutating func placesAsRows(_ x: Value) throws(GraphError) -> Value {
    let dimensions = shape(of: x).dimensions
    let places = dimensions.dropFirst(2).reduce(1, *)
    let flat = try reshape(x, to: [dimensions[0], dimensions[1], places])
    return try reshape(
      transpose(flat, axes: [0, 2, 1]), to: [dimensions[0] * places, dimensions[1]])
  }
}
