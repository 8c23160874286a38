import Foundation
import HTTPClient
import Store
import Synchronization

/// Makes the calls that the store has waiting: one at a time for each webhook, some webhooks at once.
public final class WebhookDispatcher: Sendable {
  /// Calls under way at once.
  private static let concurrent = 8
  /// Seconds for which a receiver may take to answer.
  private static let answerSeconds = 15.0
  /// Bytes of an answer, which nobody reads.
  private static let answerBytes = 64 << 10
  /// Seconds between looks at the store.
  private static let interval = 1.0
  /// Seconds after each attempt that failed until the next; about a day in all.
  static let pauses = [5.0, 300, 1800, 7200, 18_000, 36_000, 36_000]

  private let store: Store
  private let addresses: WebhookAddress
  private let userAgent: String
  private let log: @Sendable (String) -> Void
  private let busy = Mutex<Set<WebhookID>>([])

  public init(
    store: Store, addresses: WebhookAddress, userAgent: String,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.store = store
    self.addresses = addresses
    self.userAgent = userAgent
    self.log = log
  }

  /// Calls until the task is cancelled. What is under way then is made again by the next.
  public func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        do {
          for (delivery, webhook) in try await takeDue() {
            group.addTask { await self.deliver(delivery, to: webhook) }
          }
        } catch {
          log("webhooks wait, as the store can't be read: \(error)")
        }
        try? await Task.sleep(for: .seconds(Self.interval))
      }
      group.cancelAll()
    }
  }

  private static func now() -> Int { Int(Date().timeIntervalSince1970 * 1000) }

  private func takeDue() async throws -> [(delivery: DeliveryRecord, webhook: WebhookRecord)] {
    let taken = busy.withLock { $0 }
    let room = Self.concurrent - taken.count
    guard room > 0 else { return [] }
    let due = try await store.deliveries.due(at: Self.now(), but: taken, limit: room)
    busy.withLock { busy in
      for (_, webhook) in due { busy.insert(webhook.id) }
    }
    return due
  }

  /// Calls a webhook as long as something of it is due.
  private func deliver(_ delivery: DeliveryRecord, to webhook: WebhookRecord) async {
    defer { busy.withLock { _ = $0.remove(webhook.id) } }
    let outcome = await attempt(delivery, webhook)
    // A call that was cut off is made again as if it hadn't been.
    if Task.isCancelled { return }
    do {
      try await store.deliveries.update(Self.settled(delivery, outcome, at: Self.now()))
      if outcome.status == 410 {
        try await store.webhooks.disable(webhook.id, because: "the receiver answered 410 Gone")
      }
    } catch {
      log("what became of a call of \(webhook.id) can't be kept: \(error)")
    }
  }

  /// What an attempt came to: a status, or what was wrong before there was one.
  struct Outcome: Hashable, Sendable {
    var status: Int?
    var fault: String?
  }

  /// A call as it stands after an attempt: delivered, to be tried again, or given up.
  static func settled(
    _ delivery: DeliveryRecord, _ outcome: Outcome, at now: Int
  ) -> DeliveryRecord {
    var next = delivery
    next.attempts += 1
    next.status = outcome.status
    next.error = outcome.fault
    if let status = outcome.status, (200..<300).contains(status) {
      next.state = .delivered
      next.endedAt = now
    } else if outcome.status == 410 || next.attempts > pauses.count {
      next.state = .failed
      next.endedAt = now
    } else {
      // Receivers that were down together aren't called again in one moment.
      let pause = pauses[next.attempts - 1] * Double.random(in: 1...1.2)
      next.dueAt = now + Int(pause * 1000)
    }
    return next
  }

  private func attempt(_ delivery: DeliveryRecord, _ webhook: WebhookRecord) async -> Outcome {
    guard let secret = WebhookSecret(webhook.secret) else {
      return Outcome(fault: "its secret is damaged")
    }
    do {
      let time = Self.now() / 1000
      var request = ClientRequest(
        "POST", webhook.url,
        headers: [
          ("Content-Type", "application/json"), ("User-Agent", userAgent),
          ("webhook-id", delivery.message), ("webhook-timestamp", "\(time)"),
          (
            "webhook-signature",
            secret.signature(of: delivery.message, at: time, delivery.payload)
          ),
        ], body: .bytes(Array(delivery.payload.utf8)))
      request.pinnedAddress = try addresses.resolve(webhook.url)
      request.seconds = Self.answerSeconds
      request.mostBytes = Self.answerBytes
      let status = try await HTTPClient().send(request).response.status
      let isRedirect = (300..<400).contains(status)
      return Outcome(
        status: status, fault: isRedirect ? "redirects aren't followed" : nil)
    } catch {
      return Outcome(fault: "\(error)")
    }
  }
}
