import JSON
import Kernels
import Tensors

/// Brightness, contrast and saturation, changed in this order, each by a factor around 1.
///
/// In the upload's numbers, within bytes' range where they are bytes: `f x`; `m + f (x - m)`, `m` the image's mean gray;
/// `g + f (x - g)`, `g = 0.299 R + 0.587 G + 0.114 B`.
public struct ColorJitter: Augmentation {
  public let brightness: Double
  public let contrast: Double
  public let saturation: Double

  private static func field(_ name: String, _ words: String) -> Field {
    Field(name, .number(0...1), default: 0.0, "How far the factor of \(words) may be from 1.")
  }
  private static let fields = [
    field("brightness", "brightness"), field("contrast", "contrast"),
    field("saturation", "saturation, for images of three channels"),
  ]

  public static let documentation = CatalogEntry(
    type: "color",
    summary: "Brightness, contrast and saturation, each changed by a factor around 1.",
    formula: "f x; m + f (x - m), m the mean gray; g + f (x - g), g the pixel's gray",
    fields: fields,
    source: "As torchvision.transforms.ColorJitter, without hue and in a fixed order.")

  public init(from reader: inout ObjectReader) {
    brightness = reader.double(Self.fields[0])
    contrast = reader.double(Self.fields[1])
    saturation = reader.double(Self.fields[2])
    if brightness == 0, contrast == 0, saturation == 0, reader.faults.isEmpty {
      reader.fault(
        "brightness", "nothing would change; give brightness, contrast or saturation above 0")
    }
  }

  public var configuration: [(String, JSON)] {
    [
      ("brightness", .number(brightness)), ("contrast", .number(contrast)),
      ("saturation", .number(saturation)),
    ]
  }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    var faults = input.imageFault
    guard faults.isEmpty else { return faults }
    if input.encode == nil {
      faults.append(
        (
          "type",
          "each pixel of the dataset is scaled by itself, so that its colours can't be changed together"
        ))
    }
    if saturation > 0, input.planes != 3 {
      faults.append(
        ("saturation", "needs red, green and blue; the images have \(input.planes) channels"))
    }
    return faults
  }

  public func apply(to pass: AugmentedPass) {
    let input = pass.input
    let size = input.height * input.width
    let zero = input.encoded(0)
    let range =
      input.range.map { input.encoded($0.lowerBound)...input.encoded($0.upperBound) }
      ?? -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude
    for row in 0..<pass.rows {
      var generator = pass.generator(row: row)
      let image = pass.pixels(row)
      // All three are drawn, so that one doesn't change what the others draw.
      func factor(_ reach: Double) -> Float { Float(generator.uniform(in: 1 - reach...1 + reach)) }
      let factors = (factor(brightness), factor(contrast), factor(saturation))
      func change(_ kind: Kind, by factor: Float) {
        Self.change(
          image, kind, by: factor, planes: input.planes, size: size, zero: zero, within: range)
      }
      if brightness > 0 { change(.brightness, by: factors.0) }
      if contrast > 0 { change(.contrast, by: factors.1) }
      if saturation > 0 { change(.saturation, by: factors.2) }
    }
  }

  enum Kind: String {
    case brightness, contrast, saturation
  }

  /// Changes one image.
  ///
  /// - Parameters:
  ///   - size: pixels of a plane.
  ///   - zero: the upload's 0 as it lies in memory.
  static func change(
    _ image: UnsafeMutablePointer<Float>, _ kind: Kind, by factor: Float, planes: Int, size: Int,
    zero: Float, within range: ClosedRange<Float>
  ) {
    switch kind {
    case .brightness:
      PixelKernels.affine(
        image, factor: factor, offset: zero * (1 - factor), within: range, count: planes * size)
    case .contrast:
      let mean = meanGray(image, planes: planes, size: size)
      PixelKernels.affine(
        image, factor: factor, offset: mean * (1 - factor), within: range, count: planes * size)
    case .saturation:
      PixelKernels.saturate(image, factor: factor, within: range, count: size)
    }
  }

  /// Of all pixels' grays; of images that aren't of three channels, of all numbers.
  private static func meanGray(
    _ image: UnsafePointer<Float>, planes: Int, size: Int
  ) -> Float {
    var gray = 0.0
    for plane in 0..<planes {
      var sum = 0.0
      for index in plane * size..<(plane + 1) * size { sum += Double(image[index]) }
      let share = plane == 0 ? 0.299 : plane == 1 ? 0.587 : 0.114
      gray += (planes == 3 ? share : 1 / Double(planes)) * sum
    }
    return Float(gray / Double(size))
  }
}
