import Autodiff
import Tensors

/// Long short-term memory with layer normalisation, step by step.
///
/// `a = LN(W x; α, b) + LN(R h; α', b')`, `i, f, o = σ(a)`, `g = tanh(a)`, `c' = f c + i g`,
/// `h' = o tanh(LN(c'; α″, b″))`. Ba, Kiros and Hinton 2016, arXiv:1607.06450, equations 20 to 22.
struct NormalizedLSTM {
  let parameters: RecurrentParameters

  init(_ parameters: RecurrentParameters) { self.parameters = parameters }

  static func parameters(name: String, units: Int, hasBias: Bool) -> [LayerParameter] {
    let one = Initializer.constant(value: 1)
    return [
      LayerParameter("norm_ih_\(name).weight", [4 * units], one),
      LayerParameter("norm_hh_\(name).weight", [4 * units], one),
      LayerParameter("norm_c_\(name).weight", [units], one),
    ] + (hasBias ? [LayerParameter("norm_c_\(name).bias", [units], .zeros)] : [])
  }

  func run(
    _ x: Value, states: [Value], options: RecurrentOptions, in graph: inout Graph
  ) throws(GraphError) -> RecurrentRun {
    let shape = graph.shape(of: x)
    let (batch, length) = (shape[0], shape[1])
    let units = graph.shape(of: parameters.weight.hidden)[1]
    // Steps first, so that each step's rows lie together.
    let turned = try graph.reshape(
      graph.transpose(x, axes: [1, 0, 2]), to: [length * batch, shape[2]])
    let projected = try graph.split(
      graph.layerNorm(
        graph.linear(turned, weight: parameters.weight.input), weight: parameters.others[0],
        bias: parameters.bias?.input),
      lengths: [Int](repeating: batch, count: length), axis: 0)
    let masks = try options.mask.map { mask throws(GraphError) in
      try graph.split(mask, lengths: [Int](repeating: 1, count: length), axis: 1)
    }
    let zeros = graph.constant(Tensor.table([batch, units], graph.element) { _ in 0 })
    var h = states.first ?? zeros
    var c = states.dropFirst().first ?? zeros
    var outputs: [Value] = []
    let order = options.isReversed ? Array((0..<length).reversed()) : Array(0..<length)
    for (count, step) in order.enumerated() {
      if let truncate = options.truncate, count > 0, count % truncate == 0 {
        h = try graph.stopGradient(h)
        c = try graph.stopGradient(c)
      }
      let fed = try options.factors.map { factors throws(GraphError) in
        try graph.multiply(h, factors)
      }
      let next = try self.step(projected[step], fed ?? h, c, units: units, in: &graph)
      guard let mask = masks?[step] else {
        (h, c) = next
        outputs.append(h)
        continue
      }
      // Padding leaves the state as it is and gives 0, as PyTorch's packed sequences.
      h = try graph.select(mask, next.h, h)
      c = try graph.select(mask, next.c, c)
      outputs.append(try graph.multiply(h, mask))
    }
    let final =
      states.isEmpty ? [] : [try graph.stopGradient(h), try graph.stopGradient(c)]
    guard options.isWhole else { return RecurrentRun(h, states: final) }
    let ordered = options.isReversed ? outputs.reversed() : outputs
    let whole = try graph.transpose(graph.stack(ordered, axis: 0), axes: [1, 0, 2])
    return RecurrentRun(whole, states: final)
  }

  private func step(
    _ projection: Value, _ h: Value, _ c: Value, units: Int, in graph: inout Graph
  ) throws(GraphError) -> (h: Value, c: Value) {
    let recurrent = try graph.layerNorm(
      graph.linear(h, weight: parameters.weight.hidden), weight: parameters.others[1],
      bias: parameters.bias?.hidden)
    let gates = try graph.split(
      graph.add(projection, recurrent), lengths: [Int](repeating: units, count: 4), axis: 1)
    let i = try graph.activation(.sigmoid, gates[0])
    let f = try graph.activation(.sigmoid, gates[1])
    let g = try graph.activation(.tanh, gates[2])
    let o = try graph.activation(.sigmoid, gates[3])
    let cell = try graph.add(graph.multiply(f, c), graph.multiply(i, g))
    let normal = try graph.layerNorm(
      cell, weight: parameters.others[2], bias: parameters.others.dropFirst(3).first)
    return (try graph.multiply(o, graph.activation(.tanh, normal)), cell)
  }
}
