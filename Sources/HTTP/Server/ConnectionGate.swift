import CMicroHTTPD
import Foundation
import Synchronization

/// The right to suspend and resume one request's connection.
///
/// A connection is suspended only on the library's thread, while it asks for more; it is resumed from
/// anywhere. Resuming one that is over would touch freed memory, so both happen under `lock`, and
/// `close()` ends it for good.
final class ConnectionGate: @unchecked Sendable {
  let lock = NSLock()
  // Guarded by `lock`.
  private var connection: OpaquePointer?
  private var isSuspended = false
  private let exchanges: ExchangeCount

  init(connection: OpaquePointer, exchanges: ExchangeCount) {
    self.connection = connection
    self.exchanges = exchanges
  }

  /// With `lock` held, on the library's thread.
  ///
  /// - Returns: whether the connection waits now; it may not once the daemon is about to stop.
  @discardableResult
  func suspend() -> Bool {
    guard let connection else { return false }
    if isSuspended { return true }
    guard exchanges.suspend() else { return false }
    isSuspended = true
    MHD_suspend_connection(connection)
    return true
  }

  /// With `lock` held.
  func resume() {
    guard let connection, isSuspended else { return }
    isSuspended = false
    MHD_resume_connection(connection)
    // Only now: whoever sees none suspended may stop the daemon.
    exchanges.resume()
  }

  /// Whether the connection waits now.
  var isWaiting: Bool { lock.withLock { isSuspended } }

  /// Whether the other end is known to be gone while the connection is suspended, when the library doesn't look; with `lock`
  /// held.
  var isBroken: Bool {
    guard let connection, isSuspended else { return false }
    var state = pollfd(fd: chainrule_connection_socket(connection), events: 0, revents: 0)
    return poll(&state, 1, 0) == 1 && state.revents & Int16(POLLERR | POLLHUP) != 0
  }

  /// The request is over: nothing may be done to its connection any more.
  func close() {
    lock.withLock {
      if isSuspended { exchanges.resume() }
      isSuspended = false
      connection = nil
    }
  }
}
