import Foundation
import Kernels
import Tensors
import Testing

@testable import Autodiff

/// Recurrent networks beyond the cases of the catalog: sizes that are cut in parts, truncation, and the
/// numbers at the ends of the range.
@Suite struct RecurrenceTests {
  private func numbers(_ shape: Shape, seed: UInt64, scale: Double = 0.1) -> Tensor {
    let elements = PrimitiveCase.weights(shape, seed: seed).elements(of: Double.self)
    return Tensor(elements.map { $0 * scale }, shape: shape)
  }

  /// Long short-term memory in operations of the graph.
  private func stepwise(
    _ graph: inout Graph, _ x: Value, _ weight: Value, truncate: Int?
  ) throws(GraphError) -> Value {
    let (batch, length) = (graph.shape(of: x)[0], graph.shape(of: x)[1])
    let units = graph.shape(of: weight)[1]
    var h = graph.constant(0, shape: [batch, units])
    var (c, outputs) = (h, [Value]())
    for step in 0..<length {
      if let truncate, step > 0, step % truncate == 0 {
        h = try graph.stopGradient(h)
        c = try graph.stopGradient(c)
      }
      let projection = try graph.reshape(
        graph.slice(x, axis: 1, step..<step + 1), to: [batch, 4 * units])
      let gates = try graph.split(
        graph.add(projection, graph.linear(h, weight: weight)),
        lengths: [Int](repeating: units, count: 4), axis: 1)
      let kept = try graph.multiply(graph.activation(.sigmoid, gates[1]), c)
      let added = try graph.multiply(
        graph.activation(.sigmoid, gates[0]), graph.activation(.tanh, gates[2]))
      c = try graph.add(kept, added)
      h = try graph.multiply(graph.activation(.sigmoid, gates[3]), graph.activation(.tanh, c))
      outputs.append(h)
    }
    return try graph.transpose(graph.stack(outputs, axis: 0), axes: [1, 0, 2])
  }

  @Test(
    "a whole sequence is the same as its steps made of small operations",
    arguments: [(21, 3, 150, nil), (5, 7, 9, 3), (1, 6, 33, 1), (18, 5, 16, 2)])
  func stepByStep(batch: Int, length: Int, units: Int, truncate: Int?) throws {
    var graph = Graph(element: .float64)
    let x = graph.input("x", TensorType([batch, length, 4 * units], .float64))
    let weight = graph.input("w", TensorType([4 * units, units], .float64))
    let contents = [
      x: numbers(graph.shape(of: x), seed: 1, scale: 0.5),
      weight: numbers(graph.shape(of: weight), seed: 2),
    ]
    let outputs = [
      try graph.lstm(x, weight: weight, options: RecurrentOptions(truncate: truncate)),
      try stepwise(&graph, x, weight, truncate: truncate),
    ]
    var results = outputs
    for output in outputs {
      let weights = graph.constant(numbers(graph.shape(of: output), seed: 3, scale: 1))
      let loss = try graph.sum(graph.multiply(output, weights))
      results += try graph.gradients(of: loss, withRespectTo: [x, weight])
    }
    let found = try run(Plan(graph, outputs: results), graph: graph, contents: contents, threads: 2)
    for (a, b) in [(0, 1), (2, 4), (3, 5)] {
      let scale = found[b].reduce(0) { max($0, abs($1)) }
      let largest = zip(found[a], found[b]).map { abs($0 - $1) }.max() ?? .infinity
      #expect(largest <= 1e-12 * scale, "result \(a) is \(largest) off, of \(scale)")
    }
  }

  @Test(
    "a sequence in two parts that hand the states on is the sequence as a whole, forwards and backwards",
    arguments: [RecurrentCellKind.lstm, .gru, .tanh], [false, true])
  func continued(cell: RecurrentCellKind, isReversed: Bool) throws {
    let (batch, length, units) = (19, 6, 5)
    var graph = Graph(element: .float64)
    let x = graph.input("x", TensorType([batch, length, cell.gates * units], .float64))
    let weight = graph.input("w", TensorType([cell.gates * units, units], .float64))
    let mask = graph.input("m", TensorType([batch, length], .float64))
    let ones = numbers([batch, length], seed: 9).elements(of: Double.self).map {
      $0 > -0.05 ? 1.0 : 0
    }
    let contents = [
      x: numbers(graph.shape(of: x), seed: 1, scale: 0.5),
      weight: numbers(graph.shape(of: weight), seed: 2),
      mask: Tensor(ones, shape: [batch, length]),
    ]
    func network(
      _ range: Range<Int>, _ states: [Value]
    ) throws(GraphError) -> (output: Value, states: [Value]) {
      let bias = cell == .gru ? [graph.constant(0.25, shape: [cell.gates * units])] : []
      let y = try graph.recur(
        cell, [graph.slice(x, axis: 1, range), weight] + bias, states: states,
        RecurrentOptions(
          isReversed: isReversed, mask: graph.slice(mask, axis: 1, range)))
      return (y, try graph.finalStates(of: y))
    }
    let whole = try network(0..<length, [])
    let parts = isReversed ? [4..<length, 0..<4] : [0..<2, 2..<length]
    let first = try network(parts[0], [])
    let second = try network(parts[1], first.states)
    let joined = try graph.concatenate(
      isReversed ? [second.output, first.output] : [first.output, second.output], axis: 1)
    let found = try run(
      Plan(graph, outputs: [whole.output, joined] + whole.states + second.states), graph: graph,
      contents: contents, threads: 2)
    #expect(found[0] == found[1])
    let count = cell.states
    #expect(Array(found[2..<2 + count]) == Array(found[(2 + count)...]))
    #expect(found[2].contains { $0 != 0 })
  }

  @Test("an output is the same whether or not anything is kept for the derivative")
  func inference() throws {
    for isWhole in [true, false] {
      var graph = Graph()
      let x = graph.input("x", TensorType([19, 5, 30], .float32))
      let weight = graph.input("w", TensorType([30, 10], .float32))
      let y = try graph.gru(x, weight: weight, options: RecurrentOptions(isWhole: isWhole))
      func floats(_ value: Value, _ seed: UInt64) -> Tensor {
        let shape = graph.shape(of: value)
        return Tensor(
          numbers(shape, seed: seed).elements(of: Double.self).map { Float($0) }, shape: shape)
      }
      let contents = [x: floats(x, 1), weight: floats(weight, 2)]
      let alone = try run(Plan(graph, outputs: [y]), graph: graph, contents: contents)
      let gradients = try graph.gradients(of: graph.sum(y), withRespectTo: [x, weight])
      let plan = try Plan(graph, outputs: [y] + gradients)
      #expect(try run(plan, graph: graph, contents: contents)[0] == alone[0])
    }
  }

  /// What a network without a memory makes of numbers: its weight is 0.
  private func through(
    _ numbers: [Float],
    _ build: (inout Graph, Value) throws(GraphError) -> Value
  ) throws -> [Double] {
    var graph = Graph()
    let x = graph.constant(Tensor(numbers, shape: [1, numbers.count]))
    let y = try build(&graph, x)
    return try run(Plan(graph, outputs: [y]), graph: graph, contents: [:])[0]
  }

  /// From -100 to 100, close to 0, and what isn't a number.
  private static let sweep: [Float] =
    (-2000...2000).map { Float($0) / 20 } + (-40...0).map { Foundation.pow(2, Float($0)) }
    + (-40...0).map { -Foundation.pow(2, Float($0)) } + [.infinity, -.infinity, 0]

  @Test("tanh of the plain cell is 4 ulp off at most, from one end of the range to the other")
  func tanhCell() throws {
    let found = try through(Self.sweep + [.nan]) { (graph, x) throws(GraphError) in
      let units = graph.shape(of: x)[1]
      return try graph.rnn(
        graph.reshape(x, to: [1, 1, units]), weight: graph.constant(0, shape: [units, units]))
    }
    for (x, y) in zip(Self.sweep, found) {
      let expected = Foundation.tanh(Double(x))
      #expect(abs(y - expected) <= 4 * 0x1p-24 * abs(expected), "tanh \(x) is \(y)")
    }
    #expect(found.last?.isNaN == true)
  }

  @Test("a gate is 4 ulp off at most where it's a normal number, and closes with its argument")
  func gate() throws {
    // With r closed and n at 1, h' = 1 - z, which is the gate of the opposite number.
    let found = try through(Self.sweep + [.nan]) { (graph, x) throws(GraphError) in
      let units = graph.shape(of: x)[1]
      let low = graph.constant(-100, shape: [1, units])
      let high = graph.constant(100, shape: [1, units])
      let projection = try graph.concatenate([low, x, high], axis: 1)
      return try graph.gru(
        graph.reshape(projection, to: [1, 1, 3 * units]),
        weight: graph.constant(0, shape: [3 * units, units]))
    }
    for (x, y) in zip(Self.sweep, found) {
      let expected = 1 - 1 / (1 + Foundation.exp(-Double(x)))
      #expect(abs(y - expected) <= 4 * 0x1p-24, "the gate of \(x) leaves \(y)")
    }
    #expect(found.last?.isNaN == true)
  }

  private func message(_ body: (inout Graph) throws(GraphError) -> Value) -> String {
    var graph = Graph()
    do throws(GraphError) {
      _ = try body(&graph)
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test("shapes that don't meet are named, with the rule")
  func faults() {
    #expect(
      message { graph throws(GraphError) in
        try graph.lstm(graph.parameter("x", [2, 3, 16]), weight: graph.parameter("w", [12, 3]))
      } == """
        lstm: the projection [2, 3, 16] and the weight [12, 3] don't meet; rule: x [N, T, 4 H], \
        weight [4 H, H], states [N, H], mask [N, T], factors [N, H] -> [N, T, H]
        """)
    #expect(
      message { graph throws(GraphError) in
        let options = RecurrentOptions(isWhole: false, mask: graph.parameter("m", [3, 2]))
        return try graph.rnn(
          graph.parameter("x", [2, 3, 4]), weight: graph.parameter("w", [4, 4]), options: options)
      } == """
        rnn: the mask [3, 2] and the projection [2, 3, 4] don't meet; rule: x [N, T, H], \
        weight [H, H], states [N, H], mask [N, T], factors [N, H] -> [N, H]
        """)
    #expect(
      message { graph throws(GraphError) in
        try graph.gru(
          graph.parameter("x", [2, 3, 12]), weight: graph.parameter("w", [12, 4]),
          options: RecurrentOptions(truncate: 0))
      } == "gru: the gradient is cut after 0 steps; rule: at least 1")
  }
}
