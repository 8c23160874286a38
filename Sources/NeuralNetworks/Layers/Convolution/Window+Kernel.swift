import Autodiff
import JSON

extension Window {
  /// Reads `kernel`, `stride`, `padding` and `dilation` of a convolution.
  ///
  /// - Parameter hasWords: whether the padding may be "same" or "valid".
  init(kernelFrom reader: inout ObjectReader, hasWords: Bool = true) {
    let sizes = 1...LayerLimits.window
    let ones = Axes.repeated(1)
    _ = reader.requiredValue("kernel")
    size = reader.extents("kernel", count: Axes.count, in: sizes) ?? ones
    stride = reader.extents("stride", count: Axes.count, in: sizes) ?? ones
    dilation = reader.extents("dilation", count: Axes.count, in: sizes) ?? ones
    padding = Axes.repeated(0)
    guard hasWords, let word = reader.value("padding")?.string else {
      padding =
        reader.extents("padding", count: Axes.count, in: 0...LayerLimits.window) ?? padding
      return
    }
    guard reader.string("padding", in: ["same", "valid"]) == "same" else { return }
    let reach = zip(dilation, size).map { $0 * ($1 - 1) }
    if stride != ones {
      reader.fault("padding", "\"\(word)\" needs stride 1, and the stride is \(stride)")
    }
    padding = reach.map { $0 / 2 }
    extra = reach.map { $0 % 2 }
  }

  static var kernelFields: [Field] { kernelFields(hasWords: true) }

  static func kernelFields(hasWords: Bool) -> [Field] {
    let words = Axes.words
    let padding =
      hasWords
      ? Field(
        "padding", .described("\(words), 0 to \(LayerLimits.window), \"same\" or \"valid\""),
        default: 0,
        """
        Zeros around the input. "same" keeps its extents, with one more at the far end where \
        dilation (kernel - 1) is odd; it needs stride 1. "valid" is 0.
        """)
      : Field(
        "padding", .described("\(words), 0 to \(LayerLimits.window)"), default: 0,
        "How many places of the output are left out at each side.")
    return [
      Field(
        "kernel", .described("\(words), 1 to \(LayerLimits.window)"), isRequired: true,
        "The kernel's size."),
      Field(
        "stride", .described("\(words), 1 to \(LayerLimits.window)"), default: 1,
        "How far the kernel moves."),
      padding,
      Field(
        "dilation", .described("\(words), 1 to \(LayerLimits.window)"), default: 1,
        "The distance of the kernel's elements."),
    ]
  }

  var kernelConfiguration: [(String, JSON)] {
    [
      ("kernel", Axes.json(size)), ("stride", Axes.json(stride)),
      ("padding", extra.contains(1) ? "same" : Axes.json(padding)),
      ("dilation", Axes.json(dilation)),
    ]
  }

  var taps: Int { size.reduce(1, *) }

  /// A convolution of `[N, C, …]`, or of sequences `[N, T, C]`.
  func convolution(
    _ x: Value, weight: Value, bias: Value?, groups: Int, in graph: inout Graph
  ) throws(GraphError) -> Value {
    var x = x
    if extra.contains(1) {
      let rank = graph.shape(of: x).rank
      let first = Axes.count == 1 ? 1 : 2
      var after = [Int](repeating: 0, count: rank)
      for axis in 0..<Axes.count { after[first + axis] = extra[axis] }
      x = try graph.pad(x, before: after.map { _ in 0 }, after: after)
    }
    switch Axes.count {
    case 1:
      return try ChannelAxis.first(x, in: &graph) { (graph, x) throws(GraphError) in
        try graph.conv1d(
          x, weight: weight, bias: bias, stride: stride[0], padding: padding[0],
          dilation: dilation[0], groups: groups)
      }
    case 2:
      return try graph.conv2d(
        x, weight: weight, bias: bias, stride: stride.two, padding: padding.two,
        dilation: dilation.two, groups: groups)
    default:
      return try graph.conv3d(
        x, weight: weight, bias: bias, stride: stride.three, padding: padding.three,
        dilation: dilation.three, groups: groups)
    }
  }
}
