import Synchronization

/// How many requests are under way, and how many of their connections are suspended.
///
/// The library aborts when it is stopped with a suspended connection. So the count can be sealed: from
/// then on no request begins and no connection is suspended.
final class ExchangeCount: Sendable {
  private struct State {
    var underWay = 0
    var suspended = 0
    var isSealed = false
  }

  private let state = Mutex(State())

  /// - Returns: whether the request may go on.
  func begin() -> Bool {
    state.withLock { state in
      if state.isSealed { return false }
      state.underWay += 1
      return true
    }
  }

  func end() { state.withLock { $0.underWay -= 1 } }

  /// - Returns: whether the connection may be suspended.
  func suspend() -> Bool {
    state.withLock { state in
      if state.isSealed { return false }
      state.suspended += 1
      return true
    }
  }

  func resume() { state.withLock { $0.suspended -= 1 } }

  /// - Returns: whether no request was under way, and so none will be.
  func sealIfIdle() -> Bool {
    state.withLock { state in
      if state.underWay == 0 { state.isSealed = true }
      return state.isSealed
    }
  }

  /// - Returns: whether nothing is suspended, and so never will be.
  func seal() -> Bool {
    state.withLock { state in
      state.isSealed = true
      return state.suspended == 0
    }
  }
}
