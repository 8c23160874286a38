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
  private let suspendedCount: SuspendedCount

  init(connection: OpaquePointer, suspendedCount: SuspendedCount) {
    self.connection = connection
    self.suspendedCount = suspendedCount
  }

  /// With `lock` held, on the library's thread.
  func suspend() {
    guard let connection, !isSuspended else { return }
    isSuspended = true
    suspendedCount.add(1)
    MHD_suspend_connection(connection)
  }

  /// With `lock` held.
  func resume() {
    guard let connection, isSuspended else { return }
    isSuspended = false
    MHD_resume_connection(connection)
    // Only now: whoever sees none suspended may stop the daemon.
    suspendedCount.add(-1)
  }

  /// The request is over: nothing may be done to its connection any more.
  func close() {
    lock.withLock {
      if isSuspended { suspendedCount.add(-1) }
      isSuspended = false
      connection = nil
    }
  }
}

/// How many connections are suspended; the library aborts when it is stopped with any.
final class SuspendedCount: Sendable {
  private let count = Atomic<Int>(0)
  func add(_ difference: Int) { count.wrappingAdd(difference, ordering: .sequentiallyConsistent) }
  var value: Int { count.load(ordering: .sequentiallyConsistent) }
}
