/// Every rule that looks at the evidence of one run, in the order in which findings are listed.
public enum RuleCatalog {
  public static let all: [any Rule.Type] = [
    NonFiniteOrigin.self, ExplodingGradient.self, Divergence.self, VanishingGradient.self,
    Initialisation.self, DeadReLU.self, SaturatedActivation.self, FrozenLayer.self,
    ZeroTensor.self, UnchangedTensor.self, UpdateRatio.self, LossNotDecreasing.self,
    LossPlateau.self, Oscillation.self, Underfit.self, Overfit.self, Overtraining.self,
    TrainValidationGap.self, GradientConflict.self, SmallBatchNorm.self, UnscaledInputs.self,
    ClassImbalance.self, TargetLeakage.self, SharedRows.self, SplitDrift.self, IdleColumns.self,
    ClassConfusion.self, LabelNoise.self,
  ]
}
