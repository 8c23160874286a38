import JSON

/// The image seen in a mirror.
public struct RandomFlip: Augmentation {
  public enum Axis: String, Hashable, Sendable, CaseIterable {
    case horizontal, vertical
  }

  public let axis: Axis
  public let probability: Double

  private static let axisField = Field(
    "axis", .choice(Axis.allCases.map(\.rawValue)), default: "horizontal",
    "Whether left and right change places, or top and bottom.")

  public static let documentation = CatalogEntry(
    type: "flip",
    summary: "The image seen in a mirror.",
    formula: "out[y, x] = in[y, W - 1 - x], or in[H - 1 - y, x]",
    fields: [axisField, AugmentationFields.probability],
    source: "As torchvision.transforms.RandomHorizontalFlip and RandomVerticalFlip.")

  public init(from reader: inout ObjectReader) {
    axis = Axis(rawValue: reader.choice(Self.axisField)) ?? .horizontal
    probability = reader.double(AugmentationFields.probability)
  }

  public var configuration: [(String, JSON)] {
    [("axis", .string(axis.rawValue)), ("probability", .number(probability))]
  }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    input.imageFault
  }

  public func apply(to pass: AugmentedPass) {
    let (height, width) = (pass.input.height, pass.input.width)
    for row in 0..<pass.rows {
      var generator = pass.generator(row: row)
      guard generator.uniform() < probability else { continue }
      for plane in 0..<pass.input.planes {
        let pixels = pass.pixels(row) + plane * height * width
        switch axis {
        case .horizontal:
          for y in 0..<height {
            var line = UnsafeMutableBufferPointer(start: pixels + y * width, count: width)
            line.reverse()
          }
        case .vertical:
          for y in 0..<height / 2 {
            let (upper, lower) = (pixels + y * width, pixels + (height - 1 - y) * width)
            pass.scratch.update(from: upper, count: width)
            upper.update(from: lower, count: width)
            lower.update(from: pass.scratch, count: width)
          }
        }
      }
    }
  }
}
