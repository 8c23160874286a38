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
    /// Takes a body; `expected` is what `Content-Length` says.
    case body(received: Int, expected: Int?)
    case answer
  }

  private struct Row {
    let socket: Int32
    let peer: PeerAddress
    /// Beyond what the server or its client may have: what it asks for is refused.
    let excess: HTTPError?
    var phase: Phase
    var since: ContinuousClock.Instant
    /// When some of a body last came.
    var lastReceived = ContinuousClock.now
    /// Whether the library holds back what may have come since.
    var isHeldBack = false
  }

  private struct State {
    var rows: [UInt: Row] = [:]
    /// Connections of each client that has a limit.
    var clients: [PeerAddress: Int] = [:]
  }

  private let state = Mutex(State())
  private let configuration: ServerConfiguration
  /// Connections at once; below what the library takes, so that one too many is told so.
  let limit: Atomic<Int>

  init(configuration: ServerConfiguration) {
    self.configuration = configuration
    limit = Atomic(configuration.connections)
  }

  var count: Int { state.withLock(\.rows.count) }

  func open(_ connection: OpaquePointer) {
    let socket = chainrule_connection_socket(connection)
    let peer = PeerAddress(chainrule_connection_address(connection))
    keepAlive(socket)
    let key = UInt(bitPattern: connection)
    state.withLock { state in
      let excess = excess(peer, &state)
      state.rows[key] = Row(
        socket: socket, peer: peer, excess: excess, phase: .headers(isFirst: true), since: .now)
    }
  }

  /// Has the system ask a peer that is silent whether it is still there: a stream that has nothing to say would never know.
  private func keepAlive(_ socket: Int32) {
    for (level, option, value) in [
      (SOL_SOCKET, SO_KEEPALIVE, 1), (Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30),
      (Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10), (Int32(IPPROTO_TCP), TCP_KEEPCNT, 3),
    ] as [(Int32, Int32, Int32)] {
      var value = value
      // A Unix-domain socket knows by itself.
      setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  func close(_ connection: OpaquePointer) {
    let key = UInt(bitPattern: connection)
    state.withLock { state in
      guard let row = state.rows.removeValue(forKey: key), let count = state.clients[row.peer]
      else { return }
      state.clients[row.peer] = count > 1 ? count - 1 : nil
    }
  }

  /// Counts a connection, and tells why it is one too many if it is.
  private func excess(_ peer: PeerAddress, _ state: inout State) -> HTTPError? {
    let most = limit.load(ordering: .relaxed)
    if let own = configuration.connectionsPerClient, !peer.isLoopback,
      !configuration.trustedProxies.contains(peer)
    {
      let count = (state.clients[peer] ?? 0) + 1
      state.clients[peer] = count
      if count > own {
        return HTTPError(
          .tooManyConnections(retryAfter: 5),
          "\(peer.text) has more than \(own) connections (--max-connections-per-client)")
      }
    }
    guard state.rows.count >= most else { return nil }
    return HTTPError(
      .overloaded(retryAfter: 5),
      "\(most) connections are open, as many as may be (--max-connections)"
    )
  }

  /// Whom a connection comes from, and why it is one too many if it is.
  func peer(_ connection: OpaquePointer) -> (peer: PeerAddress, excess: HTTPError?) {
    let key = UInt(bitPattern: connection)
    return state.withLock { state in
      state.rows[key].map { ($0.peer, $0.excess) } ?? (.socket, nil)
    }
  }

  func enter(_ phase: Phase, _ connection: OpaquePointer) {
    let key = UInt(bitPattern: connection)
    state.withLock {
      $0.rows[key]?.phase = phase
      $0.rows[key]?.since = .now
    }
  }

  /// - Parameter isHeldBack: whether the connection waits until what came is taken.
  func received(_ count: Int, _ connection: OpaquePointer, isHeldBack: Bool) {
    let key = UInt(bitPattern: connection)
    state.withLock { state in
      state.rows[key]?.lastReceived = .now
      state.rows[key]?.isHeldBack = isHeldBack
      if case .body(let before, let expected)? = state.rows[key]?.phase {
        state.rows[key]?.phase = .body(received: before + count, expected: expected)
      }
    }
  }

  /// Shuts down whoever takes too long, or went away in the middle of a body.
  func reap(now: ContinuousClock.Instant) {
    state.withLock { state in
      for row in state.rows.values where isTooSlow(row, now) || isGone(row, now) {
        shutdown(row.socket, Int32(SHUT_RDWR))
      }
    }
  }

  /// Whether a client has closed its end before all of its body came: more is missing than the library may hold, or the library has
  /// handed on what it had. It isn't told when the end comes right behind the last bytes.
  private func isGone(_ row: Row, _ now: ContinuousClock.Instant) -> Bool {
    guard case .body(let received, let expected?) = row.phase, received < expected else {
      return false
    }
    let isHandedOn = !row.isHeldBack && now - row.lastReceived > .seconds(1)
    guard isHandedOn || expected - received > configuration.connectionMemory else { return false }
    var byte: UInt8 = 0
    return recv(row.socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
  }

  private func isTooSlow(_ row: Row, _ now: ContinuousClock.Instant) -> Bool {
    let elapsed = (now - row.since) / .seconds(1)
    switch row.phase {
    case .headers(let isFirst):
      return elapsed
        > (isFirst ? configuration.headerSeconds : Double(configuration.idleSeconds) + 15)
    case .body(let received, _):
      let allowed = elapsed - configuration.bodyGraceSeconds
      return elapsed > configuration.bodySeconds
        || allowed > 0 && Double(received) < allowed * configuration.slowestBody
    case .answer:
      return false
    }
  }
}
