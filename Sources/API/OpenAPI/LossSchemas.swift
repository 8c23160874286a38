import JSON
import NeuralNetworks
import Optimizers
import Training

/// The schemas of what a run makes small: one loss, or several terms and how they are balanced.
enum LossSchemas {
  static var all: [(name: String, schema: Schema)] {
    [("Loss", loss), ("LossTerm", term), ("TermResults", results)]
  }

  private static var loss: Schema {
    let terms = Schema.array(.reference("LossTerm"), count: 1...LossTerms.mostTerms)
    return .anyOf([
      Components.choice(among: LossCatalog.entries),
      terms.described("Several terms, whose sum by their weights is made small."),
      .object(
        [
          .always("terms", terms),
          .maybe(
            "balance", Components.choice(among: LossBalance.entries),
            "How much the terms count against each other; `fixed` when left out."),
        ], isClosed: true),
    ])
  }

  /// A loss, beside whose own members stand those of a term.
  private static var term: Schema {
    .anyOf(
      LossCatalog.entries.map { Components.object(of: $0.adding(LossTerm.fields), schema: member) })
  }

  private static func member(_ field: Field) -> Schema {
    switch field.name {
    case "output", "target", "name": Schema.string.described(field.summary)
    case "weight": weight.described(field.summary)
    default: Schema(field)
    }
  }

  private static let weight = Schema.anyOf([
    .number,
    .object(
      [
        .maybe("value", Schema.number.with("default", 1)),
        .always(
          "schedule", .reference("Schedule"), "By what the value is multiplied, step by step."),
      ], isClosed: true),
  ])

  private static let results = Schema.map(
    .object([
      .always("loss", Schema.number.orNull, "Unweighted."), .maybe("accuracy", .number),
    ])
  ).described("By the terms' names; other metrics that suit a term stand beside its loss.")
}
