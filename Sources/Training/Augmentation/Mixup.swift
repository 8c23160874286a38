import JSON
import Kernels

/// Each example mixed with another of its pass, targets likewise.
///
/// `x = λ x₁ + (1 - λ) x₂`, `y = λ y₁ + (1 - λ) y₂`, `λ` of `Beta(α, α)`, one a pass; the other examples are these in another
/// order. Zhang et al. 2017, arXiv:1710.09412.
public struct Mixup: Augmentation {
  public let alpha: Double

  private static let alphaField = AugmentationFields.alpha(0.2)

  public static let documentation = CatalogEntry(
    type: "mixup",
    summary: "Each example mixed with another of its pass, targets likewise.",
    formula: "x = λ x₁ + (1 - λ) x₂, y = λ y₁ + (1 - λ) y₂, λ of Beta(α, α)",
    fields: [alphaField],
    source: "Zhang et al. 2017, arXiv:1710.09412.")

  public init(from reader: inout ObjectReader) { alpha = reader.double(Self.alphaField) }

  public var configuration: [(String, JSON)] { [("alpha", .number(alpha))] }
  public var mixes: Bool { true }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    if input.vocabulary != nil {
      return [("type", "tokens can't be mixed; token_mask changes them")]
    }
    return input.hasCategories
      ? [("type", "numbers that stand for categories can't be mixed; import them as one_hot")] : []
  }

  public func apply(to pass: AugmentedPass) {
    var generator = pass.generator()
    let share = BetaDistribution.symmetric(alpha, using: &generator)
    let partners = ExamplePairs(rows: pass.rows, using: &generator)
    let (own, other) = (Float(share), Float(1 - share))
    partners.mix(pass.pixels(0), width: pass.input.shape.count, scratch: pass.scratch) {
      row, partner in
      PixelKernels.blend(row, own, partner, other, count: pass.input.shape.count)
    }
    for target in pass.targets {
      partners.mix(target.numbers, width: target.width, scratch: pass.scratch) { row, partner in
        PixelKernels.blend(row, own, partner, other, count: target.width)
      }
    }
  }
}
