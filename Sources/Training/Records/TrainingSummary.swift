/// What a run will do, known before its first step.
public struct TrainingSummary: Hashable, Sendable, Codable {
  /// One parameter, in the model's order: the order of the gradients in a `StepBlock`.
  public struct Parameter: Hashable, Sendable, Codable {
    public let name: String
    public let layer: String
    public let shape: [Int]
    public let trainable: Bool
  }

  /// The last step there will be, unless something ends the run before.
  public let totalSteps: Int
  public let stepsPerEpoch: Int
  /// How many steps had been taken before this run continued; 0 for a fresh one.
  public let resumedStep: Int
  public let trainingExamples: Int
  public let validationExamples: Int
  public let testExamples: Int
  public let parameters: [Parameter]
  /// The names of the loss's terms; empty when it isn't a list of them.
  public let terms: [String]
  /// The series that each step has a value of beside the common ones.
  public let stepSeries: [String]
  /// The memory that the plans, the parameters and the optimizer hold, in bytes.
  public let plannedBytes: Int
}
