import JSON

/// The activations that may learn something, in the order in which the catalog lists them.
enum LearnedActivationCatalog {
  typealias Entry = (
    documentation: CatalogEntry, decode: @Sendable (inout ObjectReader) -> Activation.Form
  )

  static let all: [Entry] = [
    (
      LearnedRectifier.documentation,
      { reader in .learnedRectifier(LearnedRectifier(from: &reader)) }
    ),
    (
      ActivationExpression.documentation,
      { reader in ActivationExpression(from: &reader).map { .expression($0) } ?? .kernel(.identity)
      }
    ),
  ]
}
