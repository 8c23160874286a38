import Synchronization

/// What others may ask of a run while it trains; looked at before each step.
///
/// May be shared between threads. A stronger wish replaces a weaker one: cancel, stop, pause.
public final class TrainingControl: Sendable {
  public enum Request: Int, Hashable, Sendable {
    case none
    /// End after the step under way, so that another run of the trainer can go on from there.
    case pause
    /// End after the step under way and count as done.
    case stop
    /// End after the step under way and count as cancelled.
    case cancel
  }

  private let requested = Atomic<Int>(0)

  public init() {}

  public func request(_ request: Request) {
    _ = requested.max(request.rawValue, ordering: .relaxed)
  }

  public var current: Request {
    Request(rawValue: requested.load(ordering: .relaxed)) ?? .none
  }
}
