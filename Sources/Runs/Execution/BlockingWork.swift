import Dispatch
import Synchronization

/// Runs pieces of work that hold a thread for seconds: few at once, on threads that serve no request.
///
/// What comes while all are busy waits in order without a thread, and is refused once too many wait.
final class BlockingWork: Sendable {
  private let queue: DispatchQueue
  private let turns: AsyncSemaphore
  /// Pieces that may be here at once, running or waiting.
  private let capacity: Int
  private let present = Mutex(0)

  init(label: String, concurrent: Int, waiting: Int) {
    // Below the handlers' priority, and the same as the training lanes'.
    queue = DispatchQueue(label: "chainrule.\(label)", qos: .utility, attributes: .concurrent)
    turns = AsyncSemaphore(concurrent)
    capacity = concurrent + waiting
  }

  /// Runs `body` when its turn comes.
  ///
  /// - Throws: `RunError.queueFull`, or what `body` throws.
  func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    let isTaken = present.withLock { present in
      if present >= capacity { return false }
      present += 1
      return true
    }
    guard isTaken else {
      throw RunError(.queueFull, "\(capacity) are under way, as many as may be; try again later")
    }
    defer { present.withLock { $0 -= 1 } }
    let queue = queue
    return try await turns.run {
      try await withCheckedThrowingContinuation { continuation in
        queue.async { continuation.resume(with: Swift.Result { try body() }) }
      }
    }
  }
}
