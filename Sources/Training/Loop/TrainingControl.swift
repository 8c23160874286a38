import Synchronization

/// What others may ask of a run while it trains, looked at before each step, and how they see that it goes on.
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
  private let beatCount = Atomic<Int>(0)

  public init() {}

  public func request(_ request: Request) {
    _ = requested.max(request.rawValue, ordering: .relaxed)
  }

  public var current: Request {
    Request(rawValue: requested.load(ordering: .relaxed)) ?? .none
  }

  /// Whether the run is to end now, rather than to go on later.
  var isToEnd: Bool { current == .stop || current == .cancel }

  /// Says that the run has moved: by a step, or by a batch of an evaluation.
  public func beat() { beatCount.wrappingAdd(1, ordering: .relaxed) }

  /// Grows for as long as the run moves.
  public var beats: Int { beatCount.load(ordering: .relaxed) }
}
