import Foundation
import HTTP
import JSON
import Runs
import Store
import Webhooks

/// Addresses that are called when something happens to a run, and the calls.
enum WebhookEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/webhooks", operationID: "listWebhooks", tag: .webhooks,
      summary: "The webhooks, newest first", query: Paging.fields,
      answers: [.json(200, "A page of them.", .reference("WebhookPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let hooks = try await service.store.webhooks.list(
        limit: paging.fetch, before: paging.cursor { WebhookID($0) })
      return try paging.page(hooks, call: call, id: { $0.id.rawValue }, json)
    },
    Endpoint(
      method: .post, path: "/v1/webhooks", operationID: "createWebhook", tag: .webhooks,
      summary: "Have an address called when something happens to the project's runs",
      description: """
        Calls are POST requests with JSON, signed as the Standard Webhooks specification has it: `webhook-id`, \
        `webhook-timestamp`, `webhook-signature` with HMAC-SHA256. The answer holds the `secret` this once. A call that isn't \
        answered with 2xx is made again after 5 seconds, 5 and 30 minutes, 2, 5, 10 and 10 hours, with the same `webhook-id`; 410 ends all. \
        Redirects aren't followed. The address must be of the public Internet, unless the server allows others.
        """,
      body: .json(.reference("WebhookRequest"), example: example),
      answers: [
        .json(
          201, "The webhook, with its secret.", .reference("NewWebhook"),
          headers: [Answer.location])
      ],
      problems: [.conflict]
    ) { service, call in
      let body = try await call.json()
      let hook = try NewWebhook(body.json, service.webhookAddresses).record
      try await service.store.webhooks.insert(hook, limit: NewWebhook.most)
      guard case .object(var object) = try json(hook) else { return .noContent }
      object["secret"] = .string(hook.secret)
      return .json(
        .object(object), status: 201, headers: [("Location", "/v1/webhooks/\(hook.id)")])
    },
    Endpoint(
      method: .get, path: "/v1/webhooks/{id}", operationID: "getWebhook", tag: .webhooks,
      summary: "One webhook", answers: [.json(200, "The webhook.", .reference("Webhook"))]
    ) { service, call in
      .json(try json(await webhook(service, call)))
    },
    Endpoint(
      method: .delete, path: "/v1/webhooks/{id}", operationID: "deleteWebhook", tag: .webhooks,
      summary: "Stop calling an address, and forget the calls", answers: [.deleted]
    ) { service, call in
      try await service.store.webhooks.delete(webhook(service, call).id)
      return .noContent
    },
    Endpoint(
      method: .post, path: "/v1/webhooks/{id}:test", operationID: "testWebhook", tag: .webhooks,
      summary: "Call the address now, to see whether it answers",
      answers: [.json(202, "The call, which is made in a moment.", .reference("Delivery"))]
    ) { service, call in
      let hook = try await webhook(service, call)
      let now = Timestamp.text(Int(Date().timeIntervalSince1970 * 1000))
      let payload: JSON = ["type": "test", "timestamp": .string(now), "data": [:]]
      let delivery = try await service.store.deliveries.insert(
        hook.id, message: "msg_test_\(call.request.requestID)", type: "test",
        payload: "\(payload)")
      return .json(json(delivery), status: 202)
    },
    Endpoint(
      method: .get, path: "/v1/webhooks/{id}/deliveries", operationID: "listDeliveries",
      tag: .webhooks, summary: "A webhook's calls, newest first; those that ended, for 30 days",
      query: Paging.fields + [state],
      answers: [.json(200, "A page of them.", .reference("DeliveryPage"), headers: [Answer.link])]
    ) { service, call in
      let hook = try await webhook(service, call)
      let paging = try Paging(call.query)
      let wanted = try call.query.read {
        $0.string(state.name, in: DeliveryRecord.State.allCases.map(\.rawValue))
      }
      let rows = try await service.store.deliveries.list(
        of: hook.id, state: wanted.flatMap(DeliveryRecord.State.init(rawValue:)),
        limit: paging.fetch, before: paging.cursor { Int64($0) })
      return paging.page(rows, call: call, id: { "\($0.id)" }, json)
    },
    Endpoint(
      method: .post, path: "/v1/webhooks/{id}/deliveries/{delivery}:repeat",
      operationID: "repeatDelivery", tag: .webhooks, summary: "Make a call again",
      answers: [.json(202, "The call, which is made in a moment.", .reference("Delivery"))]
    ) { service, call in
      let hook = try await webhook(service, call)
      let text = call.parameters["delivery"] ?? ""
      guard let id = Int64(text) else { throw Call.notFound("delivery", text) }
      return .json(json(try await service.store.deliveries.repeat(id, of: hook.id)), status: 202)
    },
  ]

  private static let state = Field(
    "state", .choice(DeliveryRecord.State.allCases.map(\.rawValue)), "Only calls in this state.")

  private static func webhook(_ service: Service, _ call: Call) async throws -> WebhookRecord {
    let id = try call.identifier(of: "webhook") { WebhookID($0) }
    guard let hook = try await service.store.webhooks.get(id) else {
      throw Call.notFound("webhook", "\(id)")
    }
    return hook
  }

  private static func json(_ hook: WebhookRecord) throws -> JSON {
    [
      "id": .string(hook.id.rawValue), "name": .string(hook.name), "url": .string(hook.url),
      "events": try JSON(parsing: hook.events),
      "created_at": .string(Timestamp.text(hook.createdAt)),
      "disabled": hook.disabled.map(JSON.string) ?? .null,
    ]
  }

  private static func json(_ delivery: DeliveryRecord) -> JSON {
    func time(_ milliseconds: Int?) -> JSON {
      milliseconds.map { .string(Timestamp.text($0)) } ?? .null
    }
    let isPending = delivery.state == .pending
    return [
      "id": .string("\(delivery.id)"), "webhook": .string(delivery.webhook.rawValue),
      "message_id": .string(delivery.message), "type": .string(delivery.type),
      "run": delivery.run.map(JSON.string) ?? .null, "state": .string(delivery.state.rawValue),
      "attempts": .integer(delivery.attempts),
      "status": delivery.status.map { .integer($0) } ?? .null,
      "error": delivery.error.map(JSON.string) ?? .null,
      "payload": (try? JSON(parsing: delivery.payload)) ?? .null,
      "next_attempt_at": isPending ? time(delivery.dueAt) : .null,
      "created_at": time(delivery.createdAt), "ended_at": time(delivery.endedAt),
    ]
  }

  private static let example: JSON = [
    "name": "tell the channel", "url": "https://hooks.example/chainrule",
    "events": ["end", "finding"],
  ]
}
