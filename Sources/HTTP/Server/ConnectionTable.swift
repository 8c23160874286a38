import CMicroHTTPD
import Foundation
import Synchronization

/// The open connections, and since when each does what it does.
///
/// The library's own timeout counts idle time only: a client that sends a byte now and then would stay
/// for ever. A connection that takes too long is shut down here, under the lock under which its row
/// is removed, so that the socket can't be another's yet.
final class ConnectionTable: Sendable {
  enum Phase: Sendable {
    /// Waits for a request's headers; the first request is less patiently waited for.
    case headers(isFirst: Bool)
    case body(received: Int)
    case answer
  }

  private struct Row {
    let socket: Int32
    var phase: Phase
    var since: ContinuousClock.Instant
  }

  private let rows = Mutex<[UInt: Row]>([:])
  private let configuration: ServerConfiguration

  init(configuration: ServerConfiguration) { self.configuration = configuration }

  var count: Int { rows.withLock(\.count) }

  func open(_ connection: OpaquePointer) {
    let socket = chainrule_connection_socket(connection)
    let key = UInt(bitPattern: connection)
    rows.withLock {
      $0[key] = Row(socket: socket, phase: .headers(isFirst: true), since: .now)
    }
  }

  func close(_ connection: OpaquePointer) {
    let key = UInt(bitPattern: connection)
    _ = rows.withLock { $0.removeValue(forKey: key) }
  }

  func enter(_ phase: Phase, _ connection: OpaquePointer) {
    let key = UInt(bitPattern: connection)
    rows.withLock {
      $0[key]?.phase = phase
      $0[key]?.since = .now
    }
  }

  func received(_ count: Int, _ connection: OpaquePointer) {
    let key = UInt(bitPattern: connection)
    rows.withLock { rows in
      if case .body(let before)? = rows[key]?.phase {
        rows[key]?.phase = .body(received: before + count)
      }
    }
  }

  /// Shuts down whoever takes too long.
  func reap(now: ContinuousClock.Instant) {
    rows.withLock { rows in
      for row in rows.values where isTooSlow(row, now) { shutdown(row.socket, Int32(SHUT_RDWR)) }
    }
  }

  private func isTooSlow(_ row: Row, _ now: ContinuousClock.Instant) -> Bool {
    let elapsed = (now - row.since) / .seconds(1)
    switch row.phase {
    case .headers(let isFirst):
      return elapsed
        > (isFirst ? configuration.headerSeconds : Double(configuration.idleSeconds) + 15)
    case .body(let received):
      let allowed = elapsed - configuration.bodyGraceSeconds
      return allowed > 0 && Double(received) < allowed * configuration.slowestBody
    case .answer:
      return false
    }
  }
}
