import Autodiff
import JSON
import Tensors

/// What a pool makes of the elements of a window.
public protocol PoolKind: Sendable {
  static var name: String { get }
  static var torch: String { get }
  static var words: String { get }
}

/// The largest element.
public enum Largest: PoolKind {
  public static let name = "max"
  public static let torch = "Max"
  public static let words = "largest element"
}

/// The mean, where padding counts as zeros.
public enum Mean: PoolKind {
  public static let name = "avg"
  public static let torch = "Avg"
  public static let words = "mean"
}

/// The largest element or the mean of each window of sequences, images or volumes.
///
/// - Shapes: input `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output the same with extents by `Window.rule`.
public struct WindowPool<Kind: PoolKind, Axes: SpatialAxes>: Layer {
  let window: Window<Axes>

  public static var documentation: CatalogEntry {
    let axes = Axes.count
    return CatalogEntry(
      type: "\(Kind.name)_pool\(axes)d",
      aliases: Kind.self is Mean.Type ? ["average_pool\(axes)d"] : [],
      summary:
        "The \(Kind.words) of each window of \(["a sequence", "an image", "a volume"][axes - 1]).",
      formula: "y[c, i] = \(Kind.self is Mean.Type ? "mean" : "max") over u of x[c, i s + u - p]",
      shapes: "\(Axes.example) -> the same, each extent floor((extent + 2p - size) / s) + 1",
      fields: [
        Field(
          "size", .described("\(Axes.words), 1 to \(LayerLimits.window)"), isRequired: true,
          "The window's size."),
        Field(
          "stride", .described("\(Axes.words), 1 to \(LayerLimits.window)"),
          "How far the window moves; its size when left out."),
        Field(
          "padding", .described("\(Axes.words), 0 to half the size"), default: 0,
          Kind.self is Mean.Type
            ? "A border of zeros, which count." : "A border that is never the largest."),
      ],
      source: "As torch.nn.\(Kind.torch)Pool\(axes)d.")
  }

  public static var shapeFields: [String] { ["size", "stride", "padding"] }

  public init(from reader: inout ObjectReader) {
    let sizes = 1...LayerLimits.window
    _ = reader.requiredValue("size")
    let size = reader.extents("size", count: Axes.count, in: sizes) ?? Axes.repeated(1)
    let stride = reader.extents("stride", count: Axes.count, in: sizes) ?? size
    let padding =
      reader.extents("padding", count: Axes.count, in: 0...LayerLimits.window)
      ?? Axes.repeated(0)
    // A wider border would let a window lie in it as a whole, where nothing is the largest.
    if reader.faults.isEmpty, zip(padding, size).contains(where: { 2 * $0 > $1 }) {
      reader.fault("padding", "\(padding) is more than half the size \(size)")
    }
    window = Window(size: size, stride: stride, padding: padding, dilation: Axes.repeated(1))
  }

  public var configuration: [(String, JSON)] {
    [
      ("size", Axes.json(window.size)), ("stride", Axes.json(window.stride)),
      ("padding", Axes.json(window.padding)),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try Axes.check(inputs[0], Self.type, to: Axes.output("C"))
    return try window.output(
      of: inputs[0], channels: ChannelAxis.extent(of: inputs[0]), field: "size")
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { output.count * window.taps }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try ChannelAxis.first(inputs[0], in: &graph) { (graph, x) throws(GraphError) in
      let isMean = Kind.self is Mean.Type
      let (size, stride, padding) = (window.size, window.stride, window.padding)
      switch (Axes.count, isMean) {
      case (1, false):
        return try graph.maxPool1d(x, size: size[0], stride: stride[0], padding: padding[0])
      case (1, true):
        return try graph.averagePool1d(x, size: size[0], stride: stride[0], padding: padding[0])
      case (2, false):
        return try graph.maxPool2d(
          x, size: size.two, stride: stride.two, padding: padding.two)
      case (2, true):
        return try graph.averagePool2d(
          x, size: size.two, stride: stride.two, padding: padding.two)
      case (_, false):
        return try graph.maxPool3d(
          x, size: size.three, stride: stride.three, padding: padding.three)
      case (_, true):
        return try graph.averagePool3d(
          x, size: size.three, stride: stride.three, padding: padding.three)
      }
    }
  }
}
