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

/// The mean.
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
  /// Whether the mean is over the padding too.
  public let countsPadding: Bool

  private static var isMean: Bool { Kind.self is Mean.Type }
  private static var countsField: Field {
    Field(
      "count_include_pad", .boolean, default: true,
      "Whether the padding counts as elements that are 0, or not at all.")
  }
  private static var roundsField: Field {
    Field(
      "ceil_mode", .boolean, default: false,
      "Whether extents are rounded up: a last window may reach beyond the padding, though it doesn't begin there."
    )
  }

  public static var documentation: CatalogEntry {
    let axes = Axes.count
    return CatalogEntry(
      type: "\(Kind.name)_pool\(axes)d",
      aliases: isMean ? ["average_pool\(axes)d"] : [],
      summary:
        "The \(Kind.words) of each window of \(["a sequence", "an image", "a volume"][axes - 1]).",
      formula:
        "y[c, i] = \(isMean ? "mean over u of x[c, i s + u - p]" : "max over u of x[c, i s + u d - p]")",
      shapes: "\(Axes.example) -> the same, each extent "
        + (isMean
          ? "floor((extent + 2p - size) / s) + 1"
          : "floor((extent + 2p - d (size - 1) - 1) / s) + 1"),
      fields: [
        Field(
          "size", .described("\(Axes.words), 1 to \(LayerLimits.window)"), isRequired: true,
          "The window's size."),
        Field(
          "stride", .described("\(Axes.words), 1 to \(LayerLimits.window)"),
          "How far the window moves; its size when left out."),
        Field(
          "padding", .described("\(Axes.words), 0 to half the size"), default: 0,
          isMean ? "A border of zeros." : "A border that is never the largest."), roundsField,
        isMean
          ? countsField
          : Field(
            "dilation", .described("\(Axes.words), 1 to \(LayerLimits.window)"), default: 1,
            "The distance of a window's elements."),
      ],
      source: "As torch.nn.\(Kind.torch)Pool\(axes)d.")
  }

  public static var shapeFields: [String] {
    ["size", "stride", "padding", "dilation", "ceil_mode"]
  }

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
    var dilation = Axes.repeated(1)
    if !Self.isMean {
      dilation = reader.extents("dilation", count: Axes.count, in: sizes) ?? dilation
    }
    var window = Window<Axes>(size: size, stride: stride, padding: padding, dilation: dilation)
    window.roundsUp = reader.bool(Self.roundsField)
    self.window = window
    countsPadding = Self.isMean ? reader.bool(Self.countsField) : true
  }

  public var configuration: [(String, JSON)] {
    [
      ("size", Axes.json(window.size)), ("stride", Axes.json(window.stride)),
      ("padding", Axes.json(window.padding)), ("ceil_mode", .bool(window.roundsUp)),
      Self.isMean
        ? ("count_include_pad", .bool(countsPadding)) : ("dilation", Axes.json(window.dilation)),
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
      let (size, stride, padding) = (window.size, window.stride, window.padding)
      let (dilation, roundsUp) = (window.dilation, window.roundsUp)
      switch (Axes.count, Self.isMean) {
      case (1, false):
        return try graph.maxPool1d(
          x, size: size[0], stride: stride[0], padding: padding[0], dilation: dilation[0],
          roundsUp: roundsUp)
      case (1, true):
        return try graph.averagePool1d(
          x, size: size[0], stride: stride[0], padding: padding[0], countsPadding: countsPadding,
          roundsUp: roundsUp)
      case (2, false):
        return try graph.maxPool2d(
          x, size: size.two, stride: stride.two, padding: padding.two, dilation: dilation.two,
          roundsUp: roundsUp)
      case (2, true):
        return try graph.averagePool2d(
          x, size: size.two, stride: stride.two, padding: padding.two,
          countsPadding: countsPadding, roundsUp: roundsUp)
      case (_, false):
        return try graph.maxPool3d(
          x, size: size.three, stride: stride.three, padding: padding.three,
          dilation: dilation.three, roundsUp: roundsUp)
      case (_, true):
        return try graph.averagePool3d(
          x, size: size.three, stride: stride.three, padding: padding.three,
          countsPadding: countsPadding, roundsUp: roundsUp)
      }
    }
  }
}
