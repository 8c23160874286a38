import JSON
import NeuralNetworks

/// What a gradient check differentiates, and how closely it looks.
public struct GradientCheckConfiguration: Sendable {
  public let losses: LossTerms
  public let batchSize: Int
  /// Decides the parameters, the examples, dropout, and which elements are checked.
  public let seed: UInt64
  /// How far a parameter's element is moved to either side.
  public let step: Double
  /// The difference that passes, as a part of the parameter's largest derivative.
  public let tolerance: Double
  /// After so long the check ends with what it has.
  public let maximumSeconds: Double

  /// Forward passes of one check, of two an element; then it ends with what it has.
  public static let mostPasses = 200_000
  /// Floating-point operations of one forward pass of the batch, so that a pass takes seconds at most.
  public static let mostFlops = 10_000_000_000
  /// Parameters, gradients and plans, in bytes.
  public static let mostBytes = 1 << 30

  /// Every member but the loss.
  public static let fields = [
    batchSizeField, seedField, stepField, toleranceField, secondsField,
  ]

  private static let batchSizeField = Field(
    "batch_size", .integer(1...256), default: 4, "Examples whose mean loss is differentiated.")
  private static let seedField = Field(
    "seed", .integer(0...Int.max), default: 0,
    "Decides the parameters, the examples, dropout, and which elements are checked.")
  private static let stepField = Field(
    "step", .number(1e-9...0.1), default: 1e-5,
    "How far an element is moved to either side.")
  private static let toleranceField = Field(
    "tolerance", .number(1e-12...1), default: 1e-6,
    "The difference that passes, as a part of the parameter's largest derivative.")
  private static let secondsField = Field(
    "max_seconds", .number(0.001...60), default: 20, "After so long it ends with what it has.")

  public init(
    losses: LossTerms, batchSize: Int = 4, seed: UInt64 = 0, step: Double = 1e-5,
    tolerance: Double = 1e-6, maximumSeconds: Double = 20
  ) {
    self.losses = losses
    self.batchSize = batchSize
    self.seed = seed
    self.step = step
    self.tolerance = tolerance
    self.maximumSeconds = maximumSeconds
  }

  public init(
    loss: any Loss, batchSize: Int = 4, seed: UInt64 = 0, step: Double = 1e-5,
    tolerance: Double = 1e-6, maximumSeconds: Double = 20
  ) {
    self.init(
      losses: LossTerms(loss), batchSize: batchSize, seed: seed, step: step, tolerance: tolerance,
      maximumSeconds: maximumSeconds)
  }

  /// Reads the members; what is wrong with them is recorded in the reader.
  ///
  /// - Returns: `nil` without a loss.
  public init?(from reader: inout ObjectReader) {
    let losses = TrainingConfiguration.losses(&reader)
    batchSize = reader.integer(Self.batchSizeField)
    seed = UInt64(reader.integer(Self.seedField))
    step = reader.double(Self.stepField)
    tolerance = reader.double(Self.toleranceField)
    maximumSeconds = reader.double(Self.secondsField)
    guard let losses else { return nil }
    if losses.balance != .fixed {
      reader.fault("loss", "a check takes the plain sum of the terms; leave balance out")
    }
    self.losses = losses
  }
}
