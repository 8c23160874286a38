import Digests
import Foundation
import JSON
import Store
import Synchronization

/// Every key, in memory: requests are checked against it without the store, and a key that is revoked is of no use from that
/// moment on.
public final class KeyRing: Sendable {
  /// Keys that aren't revoked.
  public static let mostKeys = 10_000
  /// Seconds between notes of when keys were last used.
  private static let touchInterval = 60

  private struct State {
    var keys: [KeyID: AccessKey] = [:]
    var rates: [KeyID: RequestRate] = [:]
    /// Uses that the store doesn't know of yet, in milliseconds since 1970.
    var uses: [KeyID: Int] = [:]
  }

  private let store: Store
  private let state: Mutex<State>

  /// - Throws: `StoreError` for a store that can't be read.
  public init(store: Store) async throws {
    self.store = store
    var state = State()
    for record in try await store.keys.all() { state.keys[record.id] = try AccessKey(record) }
    self.state = Mutex(state)
  }

  private static func now() -> Int { Int(Date().timeIntervalSince1970 * 1000) }

  /// Whether any key is there that lets keys be made.
  public var hasAdmin: Bool {
    let now = Self.now()
    return state.withLock { state in
      state.keys.values.contains { $0.scopes.contains(.admin) && $0.isValid(at: now) }
    }
  }

  /// Newest first, those older than `before`.
  public func list(limit: Int, before: KeyID?) -> [AccessKey] {
    state.withLock { state in
      Array(
        state.keys.values.filter { key in before.map { key.id < $0 } ?? true }
          .sorted { $0.id > $1.id }.prefix(limit))
    }
  }

  public func get(_ id: KeyID) -> AccessKey? { state.withLock { $0.keys[id] } }

  // MARK: - Requests

  /// The key that a text is; `nil` for none that may be used now.
  ///
  /// Takes as long for a key that isn't there as for a wrong secret.
  public func authenticate(_ text: String) -> AccessKey? {
    guard let token = KeyToken(text) else { return nil }
    let digest = token.secretDigest
    let now = Self.now()
    return state.withLock { state in
      let key = state.keys[token.id]
      let expected = key?.secretDigest?.bytes ?? Self.nobody
      let isRight = equalInConstantTime(expected, digest.bytes)
      guard let key, isRight, key.isValid(at: now) else { return nil }
      state.uses[key.id] = now
      state.keys[key.id]?.record.lastUsedAt = now
      return key
    }
  }

  /// What an unknown key's secret is compared with.
  private static let nobody = SHA256.digest(of: SecureRandom.bytes(32)).bytes

  /// Counts a request; `nil` for a key without a limit.
  ///
  /// - Parameter now: seconds on a clock that never goes back.
  public func takeRequest(of key: AccessKey, at now: Double) -> RequestAllowance? {
    guard let limit = key.quotas.requestsPerSecond else { return nil }
    return state.withLock { state in
      var rate = state.rates[key.id] ?? RequestRate(perSecond: limit, now: now)
      let allowance = rate.take(at: now)
      state.rates[key.id] = rate
      return allowance
    }
  }

  // MARK: - Changes

  /// Makes a key. Its token is told here and never again.
  ///
  /// - Throws: `AccessError.tooManyKeys`, `StoreError` for a store that can't be written.
  public func create(_ new: NewKey) async throws -> (key: AccessKey, token: KeyToken) {
    let count = state.withLock { $0.keys.values.count { $0.record.revokedAt == nil } }
    guard count < Self.mostKeys else { throw AccessError.tooManyKeys(Self.mostKeys) }
    let token = KeyToken.make()
    let scopes = new.scopes.sorted().map { JSON.string($0.rawValue) }
    let record = KeyRecord(
      id: token.id, name: new.name, project: new.project, scopes: "\(JSON.array(scopes))",
      secretSHA256: token.secretDigest.hexadecimal, quotas: "\(new.quotas.json)",
      expiresAt: new.expiresAt)
    let key = try AccessKey(record)
    try await store.keys.insert(record)
    state.withLock { $0.keys[key.id] = key }
    return (key, token)
  }

  /// - Throws: `StoreError.notFound`.
  public func update(_ id: KeyID, _ change: KeyChange) async throws -> AccessKey {
    try await alter(id) { key in
      if let name = change.name { key.record.name = name }
      if let expiry = change.expiresAt { key.record.expiresAt = expiry }
      key.quotas = change.quotas(of: key)
      key.record.quotas = "\(key.quotas.json)"
    }
  }

  /// Ends a key's use at once; what is under way with it goes on. Revoking again changes nothing.
  ///
  /// - Throws: `StoreError.notFound`.
  public func revoke(_ id: KeyID) async throws {
    _ = try await alter(id) { $0.record.revokedAt = $0.record.revokedAt ?? Self.now() }
  }

  private func alter(
    _ id: KeyID, _ body: @Sendable (inout AccessKey) -> Void
  ) async throws -> AccessKey {
    guard var key = get(id) else { throw StoreError(.notFound, "there is no key \"\(id)\"") }
    body(&key)
    try await store.keys.update(key.record)
    return state.withLock { state in
      // What was used meanwhile stays so.
      if var present = state.keys[id] {
        body(&present)
        key = present
      }
      state.keys[id] = key
      state.rates[id] = nil
      return key
    }
  }

  /// Notes in the store when keys were last used, a minute at the latest after they were, until the task is cancelled.
  public func keepNotes(_ log: @Sendable (String) -> Void) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(Self.touchInterval))
      do {
        try await note()
      } catch {
        log("when keys were last used can't be noted: \(error)")
      }
    }
  }

  /// Notes in the store when keys were last used.
  public func note() async throws {
    let uses = state.withLock { state in
      defer { state.uses = [:] }
      return state.uses
    }
    if !uses.isEmpty { try await store.keys.touch(uses) }
  }
}
