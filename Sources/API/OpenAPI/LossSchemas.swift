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

  private static var term: Schema {
    let types = LossCatalog.entries.flatMap { [$0.type] + $0.aliases }
    return Schema.object([
      .always("type", .oneOf(types), "The loss, whose other members stand beside these."),
      .maybe("output", .string, "The output it is taken at; the only one when left out."),
      .maybe(
        "target", .string,
        "The target it is compared with; when left out the only one, or that of the output's name."),
      .maybe(
        "weight",
        .anyOf([
          .number,
          .object(
            [
              .maybe("value", Schema.number.with("default", 1)),
              .always(
                "schedule", Components.choice(among: ScheduleCatalog.entries),
                "By what the value is multiplied, step by step."),
            ], isClosed: true),
        ]), "By what it counts in the sum; 1 when left out."),
      .maybe(
        "name", .string,
        "What its series are called, as in `train_loss.<name>`; the output's name when left out."),
    ])
  }

  private static let results = Schema.map(
    .object([
      .always("loss", Schema.number.orNull, "Unweighted."), .maybe("accuracy", .number),
    ])
  ).described("By the terms' names; other metrics that suit a term stand beside its loss.")
}
