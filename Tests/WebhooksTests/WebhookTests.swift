import Digests
import Foundation
import HTTP
import JSON
import SQLite
import Store
import Synchronization
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(2))) struct WebhookTests {
  @Test("the signature is that of the specification's example")
  func signature() throws {
    // From the Standard Webhooks repository's test of its own libraries.
    let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    #expect(
      secret.signature(
        of: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1_614_265_330, #"{"test": 2432232314}"#)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(WebhookSecret(WebhookSecret.make())?.bytes.count == 32)
    for text in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_???"] {
      #expect(WebhookSecret(text) == nil)
    }
  }

  @Test("what may not be called is told when it is asked for, and looked at again before each call")
  func refusals() {
    let strict = WebhookAddress()
    for url in [
      "http://hooks.example/", "ftp://hooks.example/", "https://", "hooks.example", "",
      "https://user:word@hooks.example/", "https://127.0.0.1/", "https://[::1]:8080/x",
      "https://169.254.169.254/latest", "https://hooks.example/#part", "https://a b/",
      "https://hooks.example/\u{7F}",
    ] { #expect(strict.fault(of: url) != nil, "\(url)") }
    #expect(strict.fault(of: "https://hooks.example:8443/a?b=c") == nil)
    // Names that this machine has for itself, and ways to write numbers that resolvers take.
    for host in ["localhost", "127.1", "2130706433", "0x7f000001"] {
      #expect(throws: WebhookFault.self) { _ = try strict.resolve("https://\(host)/") }
    }
    let lax = WebhookAddress(allowsPrivate: true)
    #expect(lax.fault(of: "http://127.0.0.1:1/") == nil)
    #expect((try? lax.resolve("http://127.0.0.1:1/")) == "127.0.0.1")
  }

  @Test("each attempt that fails waits longer, and the last one is the last; 410 ends at once")
  func backOff() {
    var delivery = DeliveryRecord(
      id: 1, webhook: .make(), message: "m", type: "t", run: nil, payload: "{}", state: .pending,
      attempts: 0, dueAt: 0, createdAt: 0)
    let down = WebhookDispatcher.Outcome(status: 503)
    for pause in WebhookDispatcher.pauses {
      delivery = WebhookDispatcher.settled(delivery, down, at: 1_000)
      #expect(delivery.state == .pending && delivery.status == 503)
      let waits = Double(delivery.dueAt - 1_000) / 1000
      #expect(waits >= pause && waits <= pause * 1.2)
    }
    let last = WebhookDispatcher.settled(delivery, down, at: 2_000)
    #expect(last.state == .failed && last.endedAt == 2_000 && last.attempts == 8)
    let gone = WebhookDispatcher.settled(delivery, .init(status: 410), at: 2_000)
    #expect(gone.state == .failed)
    let done = WebhookDispatcher.settled(delivery, .init(status: 204), at: 2_000)
    #expect(done.state == .delivered && done.endedAt == 2_000)
    let moved = WebhookDispatcher.settled(delivery, .init(status: 302, fault: "…"), at: 2_000)
    #expect(moved.state != .delivered)
  }

  // MARK: - With a receiver

  /// What a receiver was sent.
  private struct Sent: Sendable {
    let id: String
    let time: String
    let signature: String
    let body: String
  }

  /// All that came, in its order.
  private final class Receipts: Sendable {
    private let sent = Mutex<[Sent]>([])

    func add(_ one: Sent) { sent.withLock { $0.append(one) } }
    var all: [Sent] { sent.withLock { $0 } }
  }

  /// Runs a test with a store and a receiver that answers with `statuses`, one after the other and the last one again.
  private func receiving(
    _ statuses: [Int], _ body: (Store, String, Receipts) async throws -> Void
  ) async throws {
    let sent = Receipts()
    let left = Mutex(statuses)
    try await withReceiver { request in
      let bytes = (try? await request.body.collect(upTo: 1 << 20)) ?? []
      sent.add(
        Sent(
          id: request.headers["webhook-id"] ?? "",
          time: request.headers["webhook-timestamp"] ?? "",
          signature: request.headers["webhook-signature"] ?? "",
          body: String(decoding: bytes, as: UTF8.self)))
      let status = left.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
      return Response(status: status, headers: [("Location", "http://127.0.0.1:1/")])
    } _: { url in
      let folder = FileManager.default.temporaryDirectory.appending(
        path: "webhooks-\(UUID().uuidString)")
      let store = try Store(directory: folder)
      defer { try? FileManager.default.removeItem(at: folder) }
      try await body(store, url, sent)
    }
  }

  private func withReceiver(
    _ answer: @escaping @Sendable (Request) async -> Response,
    _ body: (String) async throws -> Void
  ) async throws {
    var router = Router { _, _ in Response(status: 404) }
    router.add("POST", "/hook") { request, _ in await answer(request) }
    var configuration = ServerConfiguration()
    configuration.listener = .address(host: "127.0.0.1", port: 0)
    let server = Server(configuration: configuration, responder: router)
    let port = try server.start()
    do {
      try await body("http://127.0.0.1:\(port)/hook")
    } catch {
      await server.drain(seconds: 5)
      throw error
    }
    await server.drain(seconds: 5)
  }

  private func webhook(_ store: Store, _ url: String) async throws -> WebhookRecord {
    let hook = try NewWebhook(
      ["url": .string(url), "events": ["end"]], WebhookAddress(allowsPrivate: true)
    ).record
    try await store.webhooks.insert(hook, limit: 10)
    return hook
  }

  /// Dispatches until a delivery is as it should be.
  private func dispatch(
    _ store: Store, _ hook: WebhookRecord, isStrict: Bool = false,
    until condition: (DeliveryRecord) -> Bool
  ) async throws -> DeliveryRecord {
    let dispatcher = WebhookDispatcher(
      store: store, addresses: WebhookAddress(allowsPrivate: !isStrict), userAgent: "test",
      log: { Issue.record("\($0)") })
    let work = Task { await dispatcher.run() }
    defer { work.cancel() }
    while true {
      let all = try await store.deliveries.list(of: hook.id, state: nil, limit: 1)
      if let delivery = all.first, condition(delivery) { return delivery }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  @Test("a call arrives whole and signed; one that failed is made again under the same id")
  func delivery() async throws {
    try await receiving([500, 302, 200]) { store, url, sent in
      let hook = try await webhook(store, url)
      let made = try await store.deliveries.insert(
        hook.id, message: "msg_1", type: "test", payload: #"{"type":"test"}"#)
      var delivery = try await dispatch(store, hook) { $0.attempts == 1 }
      #expect(delivery.state == .pending && delivery.status == 500)
      #expect(delivery.dueAt > made.dueAt)
      for attempts in [1, 2] {
        _ = try await store.deliveries.repeat(made.id, of: hook.id)
        delivery = try await dispatch(store, hook) {
          $0.attempts == 1 && $0.dueAt != made.dueAt && $0.status == (attempts == 1 ? 302 : 200)
        }
      }
      #expect(delivery.state == .delivered && delivery.status == 200)
      let all = sent.all
      #expect(
        all.count == 3 && all.allSatisfy { $0.id == "msg_1" && $0.body == #"{"type":"test"}"# })
      let secret = try #require(WebhookSecret(hook.secret))
      for one in all {
        let expected = secret.signature(of: one.id, at: Int(one.time) ?? 0, one.body)
        #expect(one.signature == expected)
      }
    }
  }

  @Test("410 stops a webhook for good, and what waits for it is given up")
  func gone() async throws {
    try await receiving([410]) { store, url, sent in
      let hook = try await webhook(store, url)
      for number in 0..<3 {
        _ = try await store.deliveries.insert(
          hook.id, message: "msg_\(number)", type: "test", payload: "{}")
      }
      _ = try await dispatch(store, hook) { $0.state == .failed }
      let all = try await store.deliveries.list(of: hook.id, state: .failed, limit: 10)
      #expect(all.count == 3)
      #expect(try await store.webhooks.get(hook.id)?.disabled != nil)
      #expect(sent.all.count == 1)
    }
  }

  @Test("a private address isn't called where none may be, however it got into the store")
  func strict() async throws {
    try await receiving([200]) { store, url, sent in
      let hook = try await webhook(store, url)
      _ = try await store.deliveries.insert(hook.id, message: "m", type: "test", payload: "{}")
      let delivery = try await dispatch(store, hook, isStrict: true) { $0.attempts == 1 }
      #expect(delivery.error != nil && delivery.status == nil)
      #expect(sent.all.count == 0)
    }
  }
}
