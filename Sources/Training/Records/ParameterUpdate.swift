/// How large a parameter was at a step, and how far that step moved it.
public struct ParameterUpdate: Hashable, Sendable, Codable, BitwiseCopyable {
  /// `√Σ w²` before the update.
  public let weightNorm: Double
  /// `√Σ Δw²`.
  public let updateNorm: Double

  public init(weightNorm: Double, updateNorm: Double) {
    self.weightNorm = weightNorm
    self.updateNorm = updateNorm
  }

  /// The update-to-weight ratio; infinite for weights that are all zero and move.
  public var ratio: Double {
    weightNorm == 0 && updateNorm == 0 ? 0 : updateNorm / weightNorm
  }
}
