import JSON

/// A square of the image left out.
///
/// Its middle is any pixel; what of it lies outside is cut off. DeVries and Taylor 2017, arXiv:1708.04552.
public struct Cutout: Augmentation {
  public let size: Int
  public let fill: Double
  public let probability: Double

  private static let sizeField = Field(
    "size", .integer(1...1_024), isRequired: true, "The square's side, in pixels.")

  public static let documentation = CatalogEntry(
    type: "cutout",
    summary: "A square of the image left out.",
    formula: "out = fill within size pixels about a random one, else in",
    fields: [sizeField, AugmentationFields.fill, AugmentationFields.always],
    source: "DeVries and Taylor 2017, arXiv:1708.04552.")

  public init(from reader: inout ObjectReader) {
    size = reader.integer(Self.sizeField)
    fill = reader.double(AugmentationFields.fill)
    probability = reader.double(AugmentationFields.always)
  }

  public var configuration: [(String, JSON)] {
    [("size", .integer(size)), ("fill", .number(fill)), ("probability", .number(probability))]
  }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    input.imageFault + AugmentationFields.fillFault(fill, input)
  }

  public func apply(to pass: AugmentedPass) {
    let (height, width) = (pass.input.height, pass.input.width)
    let fill = pass.input.encoded(fill)
    for row in 0..<pass.rows {
      var generator = pass.generator(row: row)
      guard generator.uniform() < probability else { continue }
      let top = Int.random(in: 0..<height, using: &generator) - size / 2
      let left = Int.random(in: 0..<width, using: &generator) - size / 2
      let columns = max(0, left)..<min(width, left + size)
      for plane in 0..<pass.input.planes {
        for y in max(0, top)..<min(height, top + size) {
          let start = pass.pixels(row) + (plane * height + y) * width
          (start + columns.lowerBound).update(repeating: fill, count: columns.count)
        }
      }
    }
  }
}
