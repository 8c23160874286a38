/// What a look of the rules at a run brought.
public struct DiagnosisRecord: Sendable {
  /// The step up to which they looked.
  public let step: Int
  /// Findings that are new, go on, or hold no more.
  public let findings: [Finding]
  /// By how many decades a layer gradients shrink from the output towards the input; `nil` for fewer than four layers.
  public let vanishingIndex: Double?

  public init(step: Int, findings: [Finding], vanishingIndex: Double?) {
    self.step = step
    self.findings = findings
    self.vanishingIndex = vanishingIndex
  }
}
