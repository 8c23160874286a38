/// Why training couldn't begin or a file couldn't be read, though every document was well-formed.
public struct TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable {
    /// The dataset, model and configuration don't go together.
    case mismatch
    /// A checkpoint or weights file that isn't one, or of another model.
    case invalidWeights
    /// The graph or plan couldn't be made.
    case plan
    /// The data couldn't be read.
    case data
    /// A workload that can't be measured.
    case workload
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
