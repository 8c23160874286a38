import Kernels
import Tensors
import Testing

@testable import Autodiff

/// Convolution and pooling where the catalog's cases don't reach: refusals, large images, NaN and
/// ties.
@Suite struct WindowTests {
  private func code(
    _ build: (inout Graph) throws(GraphError) -> Value
  ) -> GraphError.Code? {
    var graph = Graph()
    do throws(GraphError) {
      let value = try build(&graph)
      // What is accepted can be planned, in whatever memory.
      _ = try Plan(graph, outputs: [value])
      return nil
    } catch { return error.code }
  }

  private func conv(
    _ x: Shape, _ w: Shape, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
  ) -> GraphError.Code? {
    code { (g: inout Graph) throws(GraphError) in
      try g.conv1d(
        g.parameter("x", x), weight: g.parameter("w", w), stride: stride, padding: padding,
        dilation: dilation, groups: groups)
    }
  }

  @Test("a convolution that can't be is refused")
  func convolutions() {
    #expect(conv([1, 2, 8], [4, 2, 3]) == nil)
    #expect(conv([1, 2, 8], [4, 2, 9]) == .shapeMismatch)
    #expect(conv([1, 2, 8], [4, 2, 3], stride: 0) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], stride: -1) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], stride: Int.max) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], padding: -1) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], padding: Int.max) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], dilation: 0) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], dilation: Int.min) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], dilation: 4) == .shapeMismatch)
    #expect(conv([1, 2, 8], [4, 2, 3], groups: 0) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], groups: -2) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], groups: 3) == .invalidSetting)
    #expect(conv([1, 2, 8], [4, 2, 3], groups: 2) == .shapeMismatch)
    #expect(conv([1, 2, 8, 8], [4, 2, 3]) == .rankMismatch)
    #expect(conv([1, 2, 8], [4, 2]) == .rankMismatch)
    #expect(conv([1, 2, 0], [4, 2, 3]) == .emptyAxis)
  }

  @Test("sizes near what can be counted are refused, never computed with")
  func sizes() {
    let (wide, long) = (1 << 30, 1 << 20)
    #expect(conv([1, 1, Int.max], [1, 1, 1]) == .tooLarge)
    #expect(conv([1, 1, 1 << 31], [1, 1, 1]) == .tooLarge)
    #expect(conv([wide, 1, 1 << 27], [1, 1, 1]) == .tooLarge)
    #expect(conv([wide, 1, 1 << 25], [1, 1, long]) == .tooLarge)
    // More positions than a matrix has columns.
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.conv2d(
          g.parameter("x", [1, 1, 1 << 16, 1 << 16]), weight: g.parameter("w", [1, 1, 1, 1]))
      } == .tooLarge)
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.conv3d(
          g.parameter("x", [1, 1, 1, 1, 1]), weight: g.parameter("w", [1, 1, long, long, long]),
          padding: (long, long, long))
      } == .tooLarge)
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.maxPool3d(
          g.parameter("x", [wide, 1 << 20, 1, 1, 1]), size: (long, long, long), stride: (1, 1, 1),
          padding: (long / 2, long / 2, long / 2))
      } == .tooLarge)
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.maxPool2d(g.parameter("x", [1, 1, 1 << 16, 1 << 16]), size: (1, 1))
      } == .tooLarge)
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.conv1dTranspose(
          g.parameter("x", [1, 1, 1 << 30]), weight: g.parameter("w", [1, 1, 1 << 20]),
          stride: 1 << 20, dilation: 1 << 20)
      } == .tooLarge)
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.conv1dTranspose(
          g.parameter("x", [1, wide, 1]), weight: g.parameter("w", [wide, wide, 1]), groups: wide)
      } == .tooLarge)
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.adaptiveMaxPool(g.parameter("x", [2, 2, 2]), output: [Int.max])
      } == .invalidSetting)
    #expect(
      code { (g: inout Graph) throws(GraphError) in
        try g.adaptiveAveragePool(g.parameter("x", [wide, 2, 2, 2]), output: [wide, wide])
      } == .tooLarge)
  }

  private func transposed(
    _ x: Shape, _ w: Shape, bias: Shape? = nil, stride: Int = 1, padding: Int = 0, output: Int = 0,
    dilation: Int = 1, groups: Int = 1
  ) -> GraphError.Code? {
    code { (g: inout Graph) throws(GraphError) in
      try g.conv1dTranspose(
        g.parameter("x", x), weight: g.parameter("w", w),
        bias: bias.map { g.parameter("b", $0) }, stride: stride, padding: padding,
        outputPadding: output, dilation: dilation, groups: groups)
    }
  }

  @Test("a transposed convolution that can't be is refused, in its own name")
  func transposedConvolutions() {
    #expect(transposed([1, 4, 3], [4, 2, 3], bias: [2]) == nil)
    #expect(transposed([1, 4, 3], [4, 2, 3], bias: [4], stride: 2, output: 1, groups: 2) == nil)
    #expect(transposed([1, 4, 3], [4, 2, 3], bias: [3]) == .shapeMismatch)
    #expect(transposed([1, 4, 3], [3, 2, 3]) == .shapeMismatch)
    #expect(transposed([1, 4, 3], [4, 2, 3], groups: 3) == .invalidSetting)
    #expect(transposed([1, 4, 3], [4, 2, 3], groups: 0) == .invalidSetting)
    #expect(transposed([1, 4, 3], [4, 2, 3], stride: 0) == .invalidSetting)
    #expect(transposed([1, 4, 3], [4, 2, 3], padding: Int.max) == .invalidSetting)
    #expect(transposed([1, 4, 3], [4, 2, 3], padding: 3) == .shapeMismatch)
    #expect(transposed([1, 4, 3], [4, 2, 3], stride: 2, output: 2) == .invalidSetting)
    #expect(transposed([1, 4, 3], [4, 2, 3], output: -1) == .invalidSetting)
    #expect(transposed([1, 4], [4, 2, 3]) == .rankMismatch)
    #expect(transposed([1, 4, 0], [4, 2, 3]) == .emptyAxis)
    var graph = Graph()
    do throws(GraphError) {
      _ = try graph.conv1dTranspose(
        graph.parameter("x", [1, 4, 3]), weight: graph.parameter("w", [3, 2, 3]))
    } catch {
      #expect(error.operation == "conv1d_transpose")
      #expect(error.shapes == [[1, 4, 3], [3, 2, 3]])
    }
  }

  private func pool(
    _ shape: Shape, _ size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1
  ) -> [GraphError.Code?] {
    let largest = code { (g: inout Graph) throws(GraphError) in
      try g.maxPool1d(
        g.parameter("x", shape), size: size, stride: stride, padding: padding, dilation: dilation)
    }
    let mean = code { (g: inout Graph) throws(GraphError) in
      try g.averagePool1d(g.parameter("x", shape), size: size, stride: stride, padding: padding)
    }
    return dilation == 1 ? [largest, mean] : [largest]
  }

  @Test("pooling that can't be is refused")
  func poolings() {
    #expect(pool([1, 2, 8], 2) == [nil, nil])
    #expect(pool([1, 2, 8], 0) == [.invalidSetting, .invalidSetting])
    #expect(pool([1, 2, 8], Int.max) == [.invalidSetting, .invalidSetting])
    #expect(pool([1, 2, 8], 9) == [.shapeMismatch, .shapeMismatch])
    #expect(pool([1, 2, 8], 2, stride: 0) == [.invalidSetting, .invalidSetting])
    #expect(pool([1, 2, 8], 2, padding: 2) == [.invalidSetting, .invalidSetting])
    #expect(pool([1, 2, 8], 2, padding: -1) == [.invalidSetting, .invalidSetting])
    #expect(pool([2, 8], 2) == [.rankMismatch, .rankMismatch])
    #expect(pool([1, 2, 8], 2, dilation: 8) == [.shapeMismatch])
    // A window that would lie on both sides of the input.
    #expect(pool([1, 2, 4], 2, padding: 1, dilation: 5) == [.invalidSetting])
    for extents in [[], [0], [1, 1], [1, 1, 1, 1], [-1]] as [[Int]] {
      #expect(
        code { (g: inout Graph) throws(GraphError) in
          try g.adaptiveAveragePool(g.parameter("x", [1, 2, 8]), output: extents)
        } != nil)
    }
    #expect(
      code { (g: inout Graph) throws(GraphError) in try g.globalMaxPool(g.parameter("x", [1, 2])) }
        == .rankMismatch)
    #expect(
      code { (g: inout Graph) throws(GraphError) in try g.globalAveragePool(g.parameter("x", [])) }
        == .rankMismatch)
  }

  @Test("max pooling takes NaN where there is one, else the first of equals", arguments: [1, 2, 3])
  func ties(stride: Int) throws {
    var graph = Graph(element: .float64)
    let x = graph.input("x", TensorType([1, 1, 3, 6], .float64))
    let y = try graph.maxPool2d(x, size: (3, 3), stride: (1, stride))
    let gradient = try graph.gradients(of: graph.sum(y), withRespectTo: [x])[0]
    let numbers = [
      2, 5, 1, 5, 0, 0, -Double.infinity, 5, 5, 1, .nan, 0, 2, 5, 1, 5, .nan, 7,
    ]
    let found = try run(
      Plan(graph, outputs: [y, gradient]), graph: graph,
      contents: [x: Tensor(numbers, shape: [1, 1, 3, 6])])
    // By plain loops.
    var (expected, slopes) = ([Double](), [Double](repeating: 0, count: 18))
    for left in Swift.stride(from: 0, through: 3, by: stride) {
      var best = left
      for row in 0..<3 {
        for column in left..<left + 3 {
          let place = row * 6 + column
          if numbers[best].isNaN { continue }
          if numbers[place].isNaN || numbers[place] > numbers[best] { best = place }
        }
      }
      expected.append(numbers[best])
      slopes[best] += 1
    }
    #expect(found[0].map(\.description) == expected.map(\.description))
    #expect(found[1] == slopes)
  }

  @Test(
    "a convolution whose columns are made part by part is that of plain loops",
    arguments: [1, 2])
  func parts(threads: Int) throws {
    // [2, 9, 6, 20, 24] by 3 × 3 × 3 is 243 · 18 · 22 columns a slice, several times what is made at once.
    let (x, w): (Shape, Shape) = ([2, 9, 6, 20, 24], [2, 9, 3, 3, 3])
    func whole(_ shape: Shape, _ salt: Int) -> Tensor {
      Tensor((0..<shape.count).map { Double(($0 &* 7 &+ salt) % 11 - 5) }, shape: shape)
    }
    var graph = Graph(element: .float64)
    let (a, b) = (
      graph.input("a", TensorType(x, .float64)), graph.input("b", TensorType(w, .float64))
    )
    let y = try graph.conv3d(a, weight: b, padding: (1, 0, 0))
    let c = graph.input("c", graph.type(of: y))
    let gradients = try graph.gradients(
      of: graph.sum(graph.multiply(y, c)), withRespectTo: [a, b])
    let shape = graph.shape(of: y)
    let contents = [a: whole(x, 1), b: whole(w, 2), c: whole(shape, 3)]
    let found = try run(
      Plan(graph, outputs: [y] + gradients), graph: graph, contents: contents, threads: threads)
    func doubles(_ value: Value) -> [Double] {
      contents[value]?.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) } ?? []
    }
    let (input, kernel, weights) = (doubles(a), doubles(b), doubles(c))
    var output = [Double](repeating: 0, count: shape.count)
    var byInput = [Double](repeating: 0, count: x.count)
    var byKernel = [Double](repeating: 0, count: w.count)
    let (rows, columns) = (18, 22)
    for plane in 0..<2 * 2 * 6 * rows {
      let (image, filter) = (plane / (2 * 6 * rows), plane / (6 * rows) % 2)
      let (z, i) = (plane / rows % 6, plane % rows)
      for tap in 0..<243 {
        let (channel, t, u, v) = (tap / 27, tap / 9 % 3, tap / 3 % 3, tap % 3)
        guard (0..<6).contains(z + t - 1) else { continue }
        let from = (((image * 9 + channel) * 6 + z + t - 1) * 20 + i + u) * 24 + v
        for j in 0..<columns {
          output[plane * columns + j] += input[from + j] * kernel[filter * 243 + tap]
          byInput[from + j] += weights[plane * columns + j] * kernel[filter * 243 + tap]
          byKernel[filter * 243 + tap] += weights[plane * columns + j] * input[from + j]
        }
      }
    }
    // Sums of whole numbers are exact in any order.
    #expect(found == [output, byInput, byKernel])
  }
}
