import JSON
import Kernels

/// A rectangle of each image from another of its pass, targets mixed by the areas.
///
/// The rectangle's share is `1 - λ`, `λ` of `Beta(α, α)`, its sides in the image's proportion, its middle any pixel; what of it
/// lies outside is cut off, and `λ` is then the share left. One a pass. Yun et al. 2019, arXiv:1905.04899.
public struct CutMix: Augmentation {
  public let alpha: Double

  private static let alphaField = AugmentationFields.alpha(1)

  public static let documentation = CatalogEntry(
    type: "cutmix",
    summary: "A rectangle of each image from another of its pass, targets mixed by the areas.",
    formula:
      "x = x₂ in a rectangle of share 1 - λ, else x₁; y = λ y₁ + (1 - λ) y₂, λ of Beta(α, α)",
    fields: [alphaField],
    source: "Yun et al. 2019, arXiv:1905.04899.")

  public init(from reader: inout ObjectReader) { alpha = reader.double(Self.alphaField) }

  public var configuration: [(String, JSON)] { [("alpha", .number(alpha))] }
  public var mixes: Bool { true }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    input.imageFault
  }

  public func apply(to pass: AugmentedPass) {
    let (height, width) = (pass.input.height, pass.input.width)
    var generator = pass.generator()
    let side = (1 - BetaDistribution.symmetric(alpha, using: &generator)).squareRoot()
    let partners = ExamplePairs(rows: pass.rows, using: &generator)
    func span(_ length: Int) -> Range<Int> {
      let cut = Int((Double(length) * side).rounded(.down))
      let start = Int.random(in: 0..<length, using: &generator) - cut / 2
      return max(0, start)..<min(length, start + cut)
    }
    let (ys, xs) = (span(height), span(width))
    let other = Float(ys.count * xs.count) / Float(height * width)
    partners.mix(pass.pixels(0), width: pass.input.shape.count, scratch: pass.scratch) {
      row, partner in
      for plane in 0..<pass.input.planes {
        for y in ys {
          let start = (plane * height + y) * width + xs.lowerBound
          (row + start).update(from: partner + start, count: xs.count)
        }
      }
    }
    for target in pass.targets {
      partners.mix(target.numbers, width: target.width, scratch: pass.scratch) { row, partner in
        PixelKernels.blend(row, 1 - other, partner, other, count: target.width)
      }
    }
  }
}
