import Foundation
import JSON
import SQLite
import Store
import Testing

@testable import Access

@Suite struct KeyRingTests {
  private static func new(_ scopes: Set<AccessScope> = [.read]) -> NewKey {
    NewKey(name: "a key", scopes: scopes)
  }

  @Test("a key opens with its token alone, also in a ring that was made anew of the store")
  func authenticates() async throws {
    let scratch = try Scratch()
    let ring = try await KeyRing(store: scratch.store)
    let (key, token) = try await ring.create(Self.new([.read, .train]))
    for ring in [ring, try await KeyRing(store: scratch.store)] {
      #expect(ring.authenticate(token.text)?.id == key.id)
      #expect(ring.authenticate(token.text)?.scopes == [.read, .train])
      for index in token.text.indices {
        var wrong = token.text
        let other: Character = wrong[index] == "A" ? "B" : "A"
        wrong.replaceSubrange(index...index, with: [other])
        #expect(ring.authenticate(wrong) == nil, "\(wrong)")
      }
      for text in ["", "chainrule_", String(token.text.dropLast()), token.text + "a"] {
        #expect(ring.authenticate(text) == nil)
      }
    }
  }

  @Test("the store holds no secret")
  func storesDigest() async throws {
    let scratch = try Scratch()
    let ring = try await KeyRing(store: scratch.store)
    let (_, token) = try await ring.create(Self.new())
    let row = try scratch.store.readAndWait { connection in
      try connection.first("SELECT * FROM api_key") { row in
        (0..<row.count).map { "\(row.value($0))" }.joined(separator: " ")
      }
    }
    let secret = token.text.suffix(43)
    #expect(row?.contains(secret) == false)
    let files = try FileManager.default.contentsOfDirectory(
      at: scratch.store.directory, includingPropertiesForKeys: nil)
    for file in files {
      let bytes = (try? Data(contentsOf: file)) ?? Data()
      #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file.lastPathComponent)")
    }
  }

  @Test("a revoked key and one whose time is over open nothing, at once and after a restart")
  func revocation() async throws {
    let scratch = try Scratch()
    let ring = try await KeyRing(store: scratch.store)
    let (key, token) = try await ring.create(Self.new())
    try await ring.revoke(key.id)
    var brief = Self.new()
    brief.expiresAt = 1
    let (_, late) = try await ring.create(brief)
    for ring in [ring, try await KeyRing(store: scratch.store)] {
      #expect(ring.authenticate(token.text) == nil)
      #expect(ring.authenticate(late.text) == nil)
      #expect(ring.get(key.id)?.record.revokedAt != nil)
    }
    await #expect(throws: StoreError.self) { try await ring.revoke(KeyID.make()) }
  }

  @Test("when a key was last used is kept")
  func use() async throws {
    let scratch = try Scratch()
    let ring = try await KeyRing(store: scratch.store)
    let (key, token) = try await ring.create(Self.new())
    #expect(ring.get(key.id)?.record.lastUsedAt == nil)
    _ = ring.authenticate(token.text)
    let used = try #require(ring.get(key.id)?.record.lastUsedAt)
    try await ring.note()
    #expect(try await KeyRing(store: scratch.store).get(key.id)?.record.lastUsedAt == used)
  }

  @Test("a change leaves what it doesn't name, and null takes a limit away")
  func changes() async throws {
    let scratch = try Scratch()
    let ring = try await KeyRing(store: scratch.store)
    var new = Self.new()
    new.quotas.queuedRuns = 3
    new.quotas.threads = 2
    let (key, token) = try await ring.create(new)
    let change = try KeyChange(["name": "other", "quotas": ["threads": nil, "running_runs": 1]])
    let changed = try await ring.update(key.id, change)
    #expect(changed.record.name == "other")
    #expect(changed.quotas.json == ["queued_runs": 3, "running_runs": 1])
    #expect(ring.authenticate(token.text)?.quotas == changed.quotas)
    #expect(try await KeyRing(store: scratch.store).get(key.id)?.quotas == changed.quotas)
  }

  @Test("every fault of a new key is told")
  func faults() {
    let body: JSON = [
      "name": "", "scopes": ["read", "trian"], "project": "Vision",
      "expires_at": "2001-01-01T00:00:00Z",
      "quotas": ["queued_runs": -1, "runs": 3],
    ]
    do {
      _ = try NewKey(body)
      Issue.record("it was taken")
    } catch {
      #expect(
        Set(error.all.map(\.pointer)) == [
          "/name", "/scopes/1", "/project", "/expires_at", "/quotas/queued_runs", "/quotas/runs",
        ])
    }
  }

  @Test("so many requests may come at once, and then as many a second")
  func rates() {
    var rate = RequestRate(perSecond: 4, now: 0)
    let atOnce = (0..<6).map { _ in rate.take(at: 0).isAllowed }
    #expect(atOnce == [true, true, true, true, false, false])
    #expect(rate.take(at: 0).secondsToNext == 0.25)
    #expect(rate.take(at: 0.25).isAllowed)
    #expect(!rate.take(at: 0.3).isAllowed)
    #expect(rate.take(at: 100).left == 3)
  }
}
