import JSON

/// The losses a run may name, in the order in which the catalog lists them.
public enum LossCatalog {
  public static let all: [any Loss.Type] = [
    CrossEntropy.self,
    BinaryCrossEntropy.self,
    MeanSquaredError.self,
    MeanAbsoluteError.self,
    Huber.self,
    LogCosh.self,
    Quantile.self,
    Poisson.self,
    GaussianLikelihood.self,
    GammaLikelihood.self,
    KullbackLeibler.self,
    Hinge.self,
    SquaredHinge.self,
    Focal.self,
    Dice.self,
    CosineDistance.self,
    Triplet.self,
    Contrastive.self,
    SupervisedContrastive.self,
    CTCLoss.self,
    ExpressionLoss.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Reads a name, an object with a type and its parameters, or an object with an expression.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> any Loss {
    var choice = try CatalogChoice(
      json.withExpressionType, among: entries, kind: "a loss", pointer: pointer)
    let loss = all[choice.index].init(from: &choice.reader)
    try choice.reader.finish().check()
    return loss
  }
}
