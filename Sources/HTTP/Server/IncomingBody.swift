import Foundation

/// The pipe of a request's body, from the library's thread to the handler.
///
/// Holds about `capacity` bytes; when the handler is slower, the connection waits.
final class IncomingBody: @unchecked Sendable {
  private static let capacity = 1 << 20
  /// What is thrown away of a body that nobody reads any more, before the connection is cut.
  static let mostDiscarded = 16 << 20

  private let gate: ConnectionGate
  // Guarded by `gate.lock`.
  private var chunks: [[UInt8]] = []
  private var buffered = 0
  private var discarded = 0
  private var isComplete = false
  private var isAbandoned = false
  private var fault: HTTPError?
  private var waiter: CheckedContinuation<[UInt8]?, any Error>?

  init(gate: ConnectionGate) { self.gate = gate }

  /// Takes bytes from the client.
  ///
  /// - Returns: whether to go on; `false` cuts the connection.
  func receive(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    gate.lock.withLock {
      if isAbandoned {
        discarded += bytes.count
        return discarded <= Self.mostDiscarded
      }
      let chunk = Array(bytes)
      if let waiter {
        self.waiter = nil
        waiter.resume(returning: chunk)
        return true
      }
      chunks.append(chunk)
      buffered += chunk.count
      if buffered >= Self.capacity { gate.suspend() }
      return true
    }
  }

  func finish() { end(nil) }
  func fail(_ fault: HTTPError) { end(fault) }

  private func end(_ fault: HTTPError?) {
    gate.lock.withLock {
      if isComplete || self.fault != nil { return }
      self.fault = fault
      isComplete = fault == nil
      let waiting = waiter
      waiter = nil
      if let fault { waiting?.resume(throwing: fault) } else { waiting?.resume(returning: nil) }
    }
  }

  /// The handler has answered: what still comes is thrown away.
  func abandon() {
    gate.lock.withLock {
      isAbandoned = true
      chunks = []
      buffered = 0
      gate.resume()
    }
  }

  /// The next stretch, or `nil` after the last.
  func next() async throws -> [UInt8]? {
    try await withCheckedThrowingContinuation { continuation in
      gate.lock.withLock {
        if !chunks.isEmpty {
          var all = chunks[0]
          all.reserveCapacity(buffered)
          for chunk in chunks.dropFirst() { all.append(contentsOf: chunk) }
          chunks = []
          buffered = 0
          gate.resume()
          continuation.resume(returning: all)
        } else if let fault {
          // What came before is worth something to whoever goes on from there.
          continuation.resume(throwing: fault)
        } else if isComplete {
          continuation.resume(returning: nil)
        } else if waiter != nil {
          continuation.resume(
            throwing: HTTPError(.internalFault, "two readers of one request body"))
        } else {
          waiter = continuation
        }
      }
    }
  }
}
