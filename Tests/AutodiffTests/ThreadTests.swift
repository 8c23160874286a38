import Kernels
import Tensors
import Testing

@testable import Autodiff

/// Results depend on shapes alone: tensors large enough to be cut in tiles, on several numbers of threads.
@Suite struct ThreadTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [Shape]
    let build: @Sendable (inout Graph, [Value]) throws(GraphError) -> Value

    var testDescription: String { name }

    init(
      _ name: String, _ shapes: [Shape],
      _ build: @escaping @Sendable (inout Graph, [Value]) throws(GraphError) -> Value
    ) {
      self.name = name
      self.shapes = shapes
      self.build = build
    }
  }

  static let cases: [Case] = [
    Case("linear", [[200, 150], [300, 150], [300]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in
      try g.activation(.tanh, g.linear(x[0], weight: x[1], bias: x[2]))
    },
    Case("one row", [[1, 1500], [3000, 1500], [3000]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in
      try g.linear(x[0], weight: x[1], bias: x[2])
    },
    Case("matmul", [[12, 70, 90], [12, 90, 80]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in try g.matmul(x[0], x[1])
    },
    Case("elements", [[300, 257], [257], [300, 1]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in
      let y = try g.multiply(g.add(x[0], x[1]), g.exp(x[2]))
      return try g.select(g.greater(y, x[0]), g.softplus(y), g.sin(x[0]))
    },
    Case("reductions", [[90, 40, 30]]) { (g: inout Graph, x: [Value]) throws(GraphError) in
      let a = try g.sum(x[0], axes: [1])
      let b = try g.max(x[0], axes: [1])
      let c = try g.logSumExp(x[0], axes: [1])
      let d = try g.variance(x[0], axes: [1])
      return try g.add(g.add(a, b), g.multiply(c, d))
    },
    Case("layout", [[64, 48, 33]]) { (g: inout Graph, x: [Value]) throws(GraphError) in
      let y = try g.transpose(x[0], axes: [2, 0, 1])
      let z = try g.concatenate([y, g.flip(y, axes: [1])], axis: 2)
      return try g.cumulativeSum(g.pad(z, before: [0, 1, 2], after: [1, 0, 0]), axis: 1)
    },
    Case("interpolation", [[40, 60, 33]]) { (g: inout Graph, x: [Value]) throws(GraphError) in
      let y = try g.interpolate(x[0], axis: 1, scale: 2.5, .linear(alignsCorners: false))
      return try g.interpolate(y, axis: 2, scale: 2, .nearest)
    },
    Case("softmax", [[300, 200]]) { (g: inout Graph, x: [Value]) throws(GraphError) in
      try g.multiply(g.softmax(x[0]), g.logSoftmax(x[0]))
    },
    Case("convolution", [[9, 8, 20, 21], [16, 8, 3, 3], [16]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in
      let y = try g.conv2d(x[0], weight: x[1], bias: x[2], padding: (1, 1))
      return try g.maxPool2d(g.activation(.relu, y), size: (2, 2))
    },
    Case("volume", [[3, 6, 14, 15, 14], [12, 6, 3, 3, 3]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in try g.conv3d(x[0], weight: x[1])
    },
    Case("norms", [[40, 12, 15, 9], [12], [12]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in
      let a = try g.batchNorm(x[0], weight: x[1], bias: x[2]).output
      let b = try g.groupNorm(a, groups: 3, weight: x[1], bias: x[2])
      return try g.layerNorm(b)
    },
    Case("attention", [[2, 4, 150, 16], [2, 2, 170, 16], [2, 2, 170, 16]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in
      try g.attention(query: x[0], key: x[1], value: x[2], isCausal: true)
    },
    Case("recurrent", [[70, 9, 160], [160, 40], [70, 9, 120], [120, 40]]) {
      (g: inout Graph, x: [Value]) throws(GraphError) in
      let reversed = RecurrentOptions(isReversed: true, truncate: 4)
      return try g.add(
        g.lstm(x[0], weight: x[1]), g.gru(x[2], weight: x[3], options: reversed))
    },
    Case("rows by index", [[500, 64]]) { (g: inout Graph, x: [Value]) throws(GraphError) in
      let order = (0..<4000).map { Int32(($0 * 7919) % 500) }
      let indices = g.constant(Tensor(order, shape: [4000]))
      let rows = try g.gather(x[0], indices: indices)
      let largest = try g.segmentMax(rows, segments: indices, count: 500)
      return try g.add(largest, g.segmentMean(g.square(rows), segments: indices, count: 500))
    },
    Case("sparse", [[4000], [300, 64]]) { (g: inout Graph, x: [Value]) throws(GraphError) in
      func places(_ factor: Int) -> Tensor {
        Tensor((0..<4000).map { Int32(($0 * factor) % 300) }, shape: [4000])
      }
      return try g.sparseMatmul(
        rows: g.constant(places(7)), columns: g.constant(places(11)), values: x[0], rowCount: 300,
        x[1])
    },
    Case("neighbors", [[4000, 2], [300, 64]]) { (g: inout Graph, x: [Value]) throws(GraphError) in
      let index = SparseIndex(
        rows: (0..<4000).map { Int32($0 * 300 / 4000) },
        columns: (0..<4000).map { Int32(($0 * 7919) % 300) }, rowCount: 300, columnCount: 300)
      let pattern = g.sparsePattern(index)
      let weights = try g.segmentSoftmax(x[0], of: pattern)
      return try g.neighborSum(pattern, values: weights, x[1])
    },
  ]

  @Test("the same bits on 1, 2, 3 and 8 threads", arguments: cases)
  func bits(used: Case) throws {
    var graph = Graph()
    var contents: [Value: Tensor] = [:]
    let inputs = used.shapes.enumerated().map { index, shape in
      let value = graph.parameter("p\(index)", shape)
      let numbers = PrimitiveCase.weights(shape, seed: UInt64(index)).elements(of: Double.self)
      contents[value] = Tensor(numbers.map { Float($0 * 0.5) }, shape: shape)
      return value
    }
    let output = try used.build(&graph, inputs)
    let weights = PrimitiveCase.weights(graph.shape(of: output), seed: 77)
      .elements(of: Double.self)
    let weighted = try graph.multiply(
      output, graph.constant(Tensor(weights.map(Float.init), shape: graph.shape(of: output))))
    let gradients = try graph.gradients(of: graph.sum(weighted), withRespectTo: inputs)
    let plan = try Plan(graph, outputs: [output] + gradients)
    #expect(plan.lines.contains { $0.tiles > 1 }, "nothing is cut in tiles")
    let expected = try run(plan, graph: graph, contents: contents, threads: 1)
    #expect(expected.allSatisfy { $0.allSatisfy(\.isFinite) && $0.contains { $0 != 0 } })
    for threads in [2, 3, 8] {
      let found = try run(plan, graph: graph, contents: contents, threads: threads)
      for (a, b) in zip(expected, found) {
        #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "\(threads) threads")
      }
    }
  }
}
