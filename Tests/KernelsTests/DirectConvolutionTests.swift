import Tensors
import Testing

@testable import Kernels

/// Convolutions that need no columns, against plain loops. Numbers are whole and small, so that any order of sums
/// gives one answer, and memory begins as NaN, so that nothing is read that wasn't written.
@Suite struct DirectConvolutionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var images = 1
    var channels: Int
    var filters: Int
    var input: [Int]
    var size: [Int]
    var stride = [1, 1]
    var padding = [0, 0]

    var output: [Int] { (0..<2).map { (input[$0] + 2 * padding[$0] - size[$0]) / stride[$0] + 1 } }
    var testDescription: String {
      "[\(images), \(channels)] \(input) * \(filters) of \(size), stride \(stride), padding \(padding)"
    }
    var geometry: ConvolutionGeometry {
      ConvolutionGeometry(
        input: Shape([images, channels] + input), kernel: Shape([filters, channels] + size),
        groups: 1,
        window: WindowGeometry(
          input: input, size: size, output: output, stride: stride, padding: padding,
          dilation: [1, 1]))
    }

    /// Runs a body for each product: places in the input, the kernel and the output.
    func forEachProduct(_ body: (Int, Int, Int) -> Void) {
      let out = output
      for n in 0..<images {
        for f in 0..<filters {
          for (i, j) in (0..<out[0]).flatMap({ i in (0..<out[1]).map { (i, $0) } }) {
            for c in 0..<channels {
              for (u, v) in (0..<size[0]).flatMap({ u in (0..<size[1]).map { (u, $0) } }) {
                let row = i * stride[0] + u - padding[0]
                let column = j * stride[1] + v - padding[1]
                guard (0..<input[0]).contains(row), (0..<input[1]).contains(column) else {
                  continue
                }
                body(
                  ((n * channels + c) * input[0] + row) * input[1] + column,
                  ((f * channels + c) * size[0] + u) * size[1] + v,
                  ((n * filters + f) * out[0] + i) * out[1] + j)
              }
            }
          }
        }
      }
    }
  }

  static let cases: [Case] = [
    .init(channels: 11, filters: 11, input: [1, 1], size: [1, 1], padding: [1, 1]),
    .init(images: 2, channels: 12, filters: 16, input: [5, 8], size: [3, 3], padding: [1, 1]),
    .init(images: 3, channels: 16, filters: 17, input: [4, 19], size: [3, 3], padding: [1, 1]),
    .init(channels: 33, filters: 40, input: [3, 13], size: [3, 3], padding: [1, 1]),
    .init(channels: 20, filters: 65, input: [6, 7], size: [3, 3], padding: [2, 2]),
    .init(
      images: 2, channels: 3, filters: 24, input: [9, 9], size: [3, 3], stride: [2, 2],
      padding: [1, 1]),
    .init(channels: 5, filters: 32, input: [8, 30], size: [3, 3], stride: [1, 2]),
    .init(
      channels: 2, filters: 31, input: [7, 6], size: [5, 3], stride: [3, 1], padding: [2, 0]),
    .init(channels: 14, filters: 12, input: [6, 9], size: [2, 5], padding: [1, 2]),
    .init(images: 2, channels: 13, filters: 16, input: [4, 4], size: [1, 1], stride: [2, 2]),
    .init(channels: 1, filters: 32, input: [28, 28], size: [3, 3]),
    .init(channels: 11, filters: 11, input: [2, 3], size: [2, 3], padding: [3, 4]),
    // Channels that don't fit a cache at once, lines that aren't bordered or turned at once, and several tiles.
    .init(channels: 130, filters: 16, input: [3, 3], size: [3, 3], padding: [1, 1]),
    .init(channels: 64, filters: 11, input: [25, 40], size: [3, 3], padding: [1, 1]),
    .init(images: 9, channels: 16, filters: 16, input: [6, 43], size: [3, 3], padding: [1, 1]),
  ]

  private func numbers<Element: BinaryFloatingPoint>(_ count: Int, _ seed: Int) -> [Element] {
    (0..<count).map { Element(($0 &* 7 &+ $0 / 13 &+ seed) % 11 - 5) }
  }

  private func run(_ calls: [KernelCall], threads: Int) {
    KernelSequence(calls).run(on: ThreadTeam(threads: threads))
  }

  private func check<Element: BinaryFloatingPoint>(
    _ used: Case, _ element: ElementType, _: Element.Type
  ) {
    let g = used.geometry
    let counts = (
      x: used.images * g.imageElements, w: g.kernelElements, y: used.images * g.outputElements
    )
    let (x, w): ([Element], [Element]) = (numbers(counts.x, 1), numbers(counts.w, 2))
    let (dy, bias): ([Element], [Element]) = (numbers(counts.y, 3), numbers(used.filters, 4))
    let positions = g.outputElements / used.filters
    var y = (0..<counts.y).map { bias[$0 / positions % used.filters] }
    var dx = [Element](repeating: 0, count: counts.x)
    var dw = [Element](repeating: 0, count: counts.w)
    used.forEachProduct { i, k, o in
      y[o] += x[i] * w[k]
      dx[i] += dy[o] * w[k]
      dw[k] += dy[o] * x[i]
    }
    let space = max(
      Kernels.convolutionWorkspaceBytes(g, element),
      Kernels.convolutionInputWorkspaceBytes(g, element),
      Kernels.convolutionKernelWorkspaceBytes(g, element))
    // What lies behind must stay as it is.
    let guarded = 64
    var (xs, ws, dys, biases) = (x, w, dy, bias)
    func calls(
      _ count: Int, _ threads: Int,
      _ make: (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> [KernelCall]
    ) -> [Element] {
      let workspace = UnsafeMutablePointer<Element>.allocate(
        capacity: space / element.byteCount + guarded)
      workspace.initialize(repeating: .nan, count: space / element.byteCount)
      (workspace + space / element.byteCount).initialize(repeating: 77, count: guarded)
      var result = [Element](repeating: .nan, count: count + guarded)
      result.withUnsafeMutableBytes { out in
        run(make(out.baseAddress!, UnsafeMutableRawPointer(workspace)), threads: threads)
      }
      for index in 0..<guarded {
        #expect(result[count + index].isNaN)
        #expect(workspace[space / element.byteCount + index] == 77)
      }
      workspace.deallocate()
      return Array(result.prefix(count))
    }
    for threads in [1, 3] {
      xs.withUnsafeMutableBytes { x in
        ws.withUnsafeMutableBytes { w in
          dys.withUnsafeMutableBytes { dy in
            biases.withUnsafeMutableBytes { bias in
              let made = calls(counts.y, threads) {
                Kernels.convolution(
                  "conv2d", element, g, x: x.baseAddress!, kernel: w.baseAddress!,
                  bias: bias.baseAddress, y: $0,
                  shape: Shape([used.images, used.filters] + used.output), then: nil, workspace: $1)
              }
              #expect(made == y)
              let inputs = calls(counts.x, threads) {
                Kernels.convolutionInputGradient(
                  "input", element, g, dy: dy.baseAddress!, kernel: w.baseAddress!, dx: $0,
                  shape: Shape([used.images, used.channels] + used.input), then: nil, workspace: $1)
              }
              #expect(inputs == dx)
              let kernels = calls(counts.w, threads) {
                Kernels.convolutionKernelGradient(
                  "kernel", element, g, dy: dy.baseAddress!, x: x.baseAddress!, dkernel: $0,
                  workspace: $1)
              }
              #expect(kernels == dw)
            }
          }
        }
      }
    }
  }

  @Test("output and derivatives are those of plain loops", arguments: cases)
  func loops(used: Case) {
    #expect(DirectConvolution(used.geometry) != nil)
    check(used, .float32, Float.self)
    check(used, .float64, Double.self)
  }

  @Test("groups, dilation, volumes and few filters go by columns")
  func others() {
    func direct(_ input: [Int], _ kernel: [Int], groups: Int = 1, dilation: Int = 1) -> Bool {
      let axes = input.count - 2
      let (extents, size) = (Array(input.dropFirst(2)), Array(kernel.dropFirst(2)))
      let output = (0..<axes).map { extents[$0] - dilation * (size[$0] - 1) }
      let ones = [Int](repeating: 1, count: axes)
      let window = WindowGeometry(
        input: extents, size: size, output: output, stride: ones, padding: ones.map { $0 - 1 },
        dilation: ones.map { $0 * dilation })
      return DirectConvolution(
        ConvolutionGeometry(
          input: Shape(input), kernel: Shape(kernel), groups: groups, window: window)) != nil
    }
    #expect(direct([1, 16, 9, 9], [16, 16, 3, 3]))
    #expect(direct([1, 16, 9], [16, 16, 3]))
    #expect(!direct([1, 16, 9, 9], [16, 8, 3, 3], groups: 2))
    #expect(!direct([1, 16, 9, 9], [16, 16, 3, 3], dilation: 2))
    #expect(!direct([1, 16, 9, 9, 9], [16, 16, 3, 3, 3]))
    #expect(!direct([1, 16, 9, 9], [10, 16, 3, 3]))
    #expect(!direct([1, 16, 9, 9], [16, 16, 1, 1]))
  }
}
