import JSON
import Tensors

/// What a gradient check found.
public struct GradientCheckReport: Sendable {
  /// Why not every element was checked.
  public enum Limit: String, Hashable, Sendable, CaseIterable {
    case forwardPasses = "forward_passes"
    case maximumSeconds = "max_seconds"
  }

  /// One element's derivative, both ways.
  public struct Element: Hashable, Sendable {
    /// Counted from 0 in row-major order.
    public let flatIndex: Int
    public let analytic: Double
    public let numeric: Double

    public var difference: Double { abs(analytic - numeric) }
  }

  /// What was found for one parameter.
  public struct Parameter: Sendable {
    public let name: String
    public let layer: String
    public let shape: Shape
    /// Elements compared, those at kinks included.
    public internal(set) var checked = 0
    /// Elements within whose step the loss has no derivative; they are in none of what follows.
    public internal(set) var kinks = 0
    public internal(set) var failed = 0
    /// The largest derivative, of any element the analytic and of the checked ones the numeric.
    public internal(set) var largestDerivative: Double
    /// The element with the largest difference.
    public internal(set) var worst: Element?

    init(name: String, layer: String, shape: Shape, largestDerivative: Double) {
      self.name = name
      self.layer = layer
      self.shape = shape
      self.largestDerivative = largestDerivative
    }

    public var passed: Bool { checked > 0 && failed == 0 }
    public var largestDifference: Double { worst?.difference ?? 0 }
    /// The largest difference as a part of the largest derivative.
    public var relativeDifference: Double {
      largestDifference == 0 ? 0 : largestDifference / largestDerivative
    }
  }

  public let configuration: GradientCheckConfiguration
  /// Examples of the batch; fewer than asked for when the dataset has no more.
  public let batchSize: Int
  /// The mean loss of the batch.
  public let loss: Double
  /// The difference that rounding alone can make.
  public let roundingError: Double
  /// As the model has them.
  public let parameters: [Parameter]
  public let passes: Int
  public let seconds: Double
  /// `nil` when every element was checked.
  public let limit: Limit?

  public var passed: Bool { parameters.allSatisfy(\.passed) }

  /// The parameter that comes closest to its bound, or is furthest beyond it.
  public var worst: Parameter? {
    // What isn't finite compares with nothing, and is worse than all.
    func rank(_ parameter: Parameter) -> Double {
      let bound = configuration.tolerance * parameter.largestDerivative + roundingError
      let part = parameter.largestDifference / bound
      return part.isFinite ? part : .infinity
    }
    return parameters.max { rank($0) < rank($1) }
  }
}
