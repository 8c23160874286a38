import CMicroHTTPD
import Foundation

/// The pipe of a streamed answer, from its writer to the library's thread.
///
/// Holds about `capacity` bytes; when the client is slower, the writer waits.
final class OutgoingStream: @unchecked Sendable {
  /// Of thousands of streams that go on without end each holds little.
  private var capacity: Int { isOpenEnded ? 16 << 10 : 256 << 10 }
  /// What the library is given of such a stream at once, as it touches as much of the connection's memory.
  private static let stretch = 2 << 10
  /// What a buffer may keep that is empty.
  private static let mostKept = 4 << 10

  private let gate: ConnectionGate
  let isOpenEnded: Bool
  private let heartbeat: [UInt8]?
  private static let heartbeatInterval = Duration.seconds(15)
  // Guarded by `gate.lock`.
  private var buffer: [UInt8] = []
  private var position = 0
  private var isFinished = false
  private var hasFailed = false
  private var isClosed = false
  private var lastWrite = ContinuousClock.now
  private var writer: CheckedContinuation<Void, any Error>?

  init(gate: ConnectionGate, isOpenEnded: Bool = false, heartbeat: [UInt8]? = nil) {
    self.gate = gate
    self.isOpenEnded = isOpenEnded
    self.heartbeat = heartbeat
  }

  /// Copies what there is for the library to send; called on its thread.
  func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    gate.lock.withLock {
      let most = isOpenEnded ? min(target.count, Self.stretch) : target.count
      let count = min(most, buffer.count - position)
      if count > 0 {
        buffer.withUnsafeBytes { bytes in
          target.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
        }
        position += count
        if position == buffer.count {
          buffer.removeAll(keepingCapacity: !isOpenEnded || buffer.capacity <= Self.mostKept)
          position = 0
        } else if position >= capacity {
          // A reader that lags never empties the buffer; what it has read must go all the same.
          buffer.removeFirst(position)
          position = 0
        }
        if buffer.count - position < capacity, let writer {
          self.writer = nil
          writer.resume()
        }
        return count
      }
      if isFinished { return chainrule_end_of_stream }
      // Cut short, an event stream ends well, as its reader comes back; a download must not look whole.
      if isClosed, isOpenEnded { return chainrule_end_of_stream }
      if hasFailed || isClosed { return chainrule_end_with_error }
      if gate.suspend() { return 0 }
      return isOpenEnded ? chainrule_end_of_stream : chainrule_end_with_error
    }
  }

  func write(_ bytes: [UInt8]) async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      gate.lock.withLock {
        if isClosed {
          continuation.resume(throwing: HTTPError(.disconnected, "the reader is gone"))
          return
        }
        buffer.append(contentsOf: bytes)
        lastWrite = .now
        gate.resume()
        if buffer.count - position < capacity {
          continuation.resume()
        } else {
          writer = continuation
        }
      }
    }
  }

  /// The writer has written all, or can't go on.
  func finish(failed: Bool) {
    gate.lock.withLock {
      isFinished = !failed
      hasFailed = failed
      gate.resume()
    }
  }

  /// The reader is gone, or the server goes down: ends what is sent, and the writer.
  func close() {
    gate.lock.withLock {
      isClosed = true
      gate.resume()
      writer?.resume(throwing: HTTPError(.disconnected, "the reader is gone"))
      writer = nil
    }
  }

  /// Looks whether the reader is still there, and sends the heartbeat when nothing else was sent for a while.
  func tick(_ now: ContinuousClock.Instant) {
    if gate.lock.withLock({ gate.isBroken }) { return close() }
    guard let heartbeat else { return }
    gate.lock.withLock {
      guard !isClosed, !isFinished, buffer.count == position,
        now - lastWrite >= Self.heartbeatInterval
      else { return }
      buffer.append(contentsOf: heartbeat)
      lastWrite = now
      gate.resume()
    }
  }
}
