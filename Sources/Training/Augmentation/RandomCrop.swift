import JSON

/// A window of the image's size, out of the image with a border around it.
///
/// Each place of the window is as likely as every other. He et al. 2015, arXiv:1512.03385, section 4.2.
public struct RandomCrop: Augmentation {
  public let padding: Int
  public let fill: Double

  private static let paddingField = Field(
    "padding", .integer(1...1_024), default: 4, "Pixels of the border on each side.")

  public static let documentation = CatalogEntry(
    type: "random_crop",
    summary: "A window of the image's size, out of the image with a border around it.",
    formula: "out[y, x] = in[y + dy, x + dx], dy and dx from -padding to padding, else fill",
    fields: [paddingField, AugmentationFields.fill],
    source: "He et al. 2015, arXiv:1512.03385. As torchvision.transforms.RandomCrop with padding.")

  public init(from reader: inout ObjectReader) {
    padding = reader.integer(Self.paddingField)
    fill = reader.double(AugmentationFields.fill)
  }

  public var configuration: [(String, JSON)] {
    [("padding", .integer(padding)), ("fill", .number(fill))]
  }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    input.imageFault + AugmentationFields.fillFault(fill, input)
  }

  public func apply(to pass: AugmentedPass) {
    let (height, width) = (pass.input.height, pass.input.width)
    let fill = pass.input.encoded(fill)
    for row in 0..<pass.rows {
      var generator = pass.generator(row: row)
      let dy = Int.random(in: -padding...padding, using: &generator)
      let dx = Int.random(in: -padding...padding, using: &generator)
      if dy == 0, dx == 0 { continue }
      let image = pass.pixels(row)
      for plane in 0..<pass.input.planes {
        shift(image + plane * height * width, height, width, dy, dx, fill, pass.scratch)
      }
    }
  }

  /// Moves a plane by a window's place.
  private func shift(
    _ plane: UnsafeMutablePointer<Float>, _ height: Int, _ width: Int, _ dy: Int, _ dx: Int,
    _ fill: Float, _ scratch: UnsafeMutablePointer<Float>
  ) {
    scratch.update(from: plane, count: height * width)
    plane.update(repeating: fill, count: height * width)
    let columns = min(width, max(0, -dx))..<max(0, min(width, width - dx))
    guard !columns.isEmpty else { return }
    for y in 0..<height where (0..<height).contains(y + dy) {
      let from = scratch + (y + dy) * width + columns.lowerBound + dx
      (plane + y * width + columns.lowerBound).update(from: from, count: columns.count)
    }
  }
}
