import Autodiff
import JSON
import Tensors

/// An image with more places, or fewer, each filled from those next to it.
///
/// - Shapes: input `[N, C, H, W]`, output `[N, C, floor(H scale), floor(W scale)]`.
public struct Upsampling: Layer {
  public enum Mode: String, CaseIterable, Sendable {
    case nearest, bilinear
  }

  /// Of the height and the width.
  public let scale: [Double]
  public let mode: Mode
  public let alignsCorners: Bool

  private static let scales = 1.0 / 1_024...1_024
  private static let modeField = Field(
    "mode", .choice(Mode.allCases.map(\.rawValue)), default: "nearest",
    "Whether a place is that of the input it lies in, or weighs its four neighbours by their distance."
  )
  private static let alignField = Field(
    "align_corners", .boolean, default: false,
    "For bilinear: whether the middles of the corners' elements stay where they are, or their edges."
  )

  public static let documentation = CatalogEntry(
    type: "upsample2d",
    summary: "An image with more places, or fewer, each filled from those next to it.",
    formula:
      "nearest: y[c, i, j] = x[c, floor(i / scale), floor(j / scale)]; bilinear: the mean of four neighbours, weighted by their distance from (i + 1/2) / scale - 1/2, or i (H - 1) / (H' - 1) with align_corners",
    shapes: "[C, H, W] -> [C, floor(H scale), floor(W scale)]",
    fields: [
      Field(
        "scale", .described("a number or [height, width], 1/1024 to 1024"), isRequired: true,
        "How many times as high and wide the output is."),
      modeField, alignField,
    ],
    source: "As torch.nn.Upsample(scale_factor=scale).")

  public static let shapeFields = ["scale"]

  public init(from reader: inout ObjectReader) {
    _ = reader.requiredValue("scale")
    scale = Upsampling.scale(&reader) ?? [1, 1]
    mode = Mode(rawValue: reader.choice(Upsampling.modeField)) ?? .nearest
    alignsCorners = reader.bool(Upsampling.alignField)
    if alignsCorners, mode == .nearest {
      reader.fault("align_corners", "nearest has no corners to align; add \"mode\": \"bilinear\"")
    }
  }

  /// A number for both, or a pair.
  private static func scale(_ reader: inout ObjectReader) -> [Double]? {
    guard reader.value("scale")?.array != nil else {
      return reader.double("scale", in: scales).map { [$0, $0] }
    }
    guard let elements = reader.array("scale", count: 2...2) else { return nil }
    var pair: [Double] = []
    for (index, element) in elements.enumerated() {
      guard let number = element.double else {
        reader.fault(
          "scale", "expected a pair of numbers, found \(element.kind) at index \(index)")
        continue
      }
      if scales.contains(number) {
        pair.append(number)
      } else {
        reader.fault(
          "scale",
          "\(number) is out of range; from \(scales.lowerBound) to \(scales.upperBound)")
      }
    }
    return pair.count == 2 ? pair : nil
  }

  public var configuration: [(String, JSON)] {
    [
      ("scale", .array(scale.map(JSON.number))), ("mode", .string(mode.rawValue)),
      ("align_corners", .bool(alignsCorners)),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let result = "[C, floor(H scale), floor(W scale)]"
    try TwoAxes.check(inputs[0], Self.type, to: result)
    let output = zip([inputs[0][1], inputs[0][2]], scale).map { Int(Double($0) * $1) }
    guard output.allSatisfy({ $0 >= 1 }) else {
      throw ShapeFault(
        field: "scale",
        "a scale of \(scale) leaves nothing of the input \(inputs[0]); the output would be "
          + "\(Shape([inputs[0][0]] + output))",
        rule: "[C, H, W] -> \(result), each at least 1")
    }
    return Shape([inputs[0][0]] + output)
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * (mode == .nearest ? 1 : 6)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let interpolation: Interpolation =
      mode == .nearest ? .nearest : .linear(alignsCorners: alignsCorners)
    // The width first: then the longer loops, over the height, run along whole rows.
    let wide = try graph.interpolate(inputs[0], axis: 3, scale: scale[1], interpolation)
    return try graph.interpolate(wide, axis: 2, scale: scale[0], interpolation)
  }
}
