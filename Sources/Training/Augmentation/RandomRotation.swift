import Foundation
import JSON
import Kernels

/// The image turned about its middle.
///
/// The angle is as likely to be any between `-degrees` and `degrees`; pixels are taken between their neighbours.
public struct RandomRotation: Augmentation {
  public let degrees: Double
  public let fill: Double

  private static let degreesField = Field(
    "degrees", .number(0...180), isRequired: true, "The largest angle, either way.")

  public static let documentation = CatalogEntry(
    type: "rotate",
    summary: "The image turned about its middle.",
    formula: "out[y, x] = in at the point turned by an angle from -degrees to degrees, bilinear",
    fields: [degreesField, AugmentationFields.fill],
    source: "As torchvision.transforms.RandomRotation with bilinear interpolation.")

  public init(from reader: inout ObjectReader) {
    degrees = reader.double(Self.degreesField)
    fill = reader.double(AugmentationFields.fill)
  }

  public var configuration: [(String, JSON)] {
    [("degrees", .number(degrees)), ("fill", .number(fill))]
  }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    input.imageFault + AugmentationFields.fillFault(fill, input)
  }

  public func apply(to pass: AugmentedPass) {
    for row in 0..<pass.rows {
      var generator = pass.generator(row: row)
      let angle = generator.uniform(in: -degrees...degrees) * Double.pi / 180
      PixelKernels.rotate(
        pass.pixels(row), planes: pass.input.planes, height: pass.input.height,
        width: pass.input.width, angle: (Float(cos(angle)), Float(sin(angle))),
        fill: pass.input.encoded(fill), scratch: pass.scratch)
    }
  }
}
