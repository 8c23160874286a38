import Access
import HTTP
import JSON
import Runs
import Store

/// Keys: who may do what, in which project, and how much of it.
enum KeyEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/keys", operationID: "listKeys", tag: .keys,
      summary: "The keys of all projects, newest first", query: Paging.fields,
      answers: [.json(200, "A page of them.", .reference("KeyPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let keys = service.keys.list(
        limit: paging.fetch, before: try paging.cursor { KeyID($0) })
      return paging.page(keys, call: call, id: { $0.id.rawValue }, KeyPresentation.json)
    },
    Endpoint(
      method: .post, path: "/v1/keys", operationID: "createKey", tag: .keys,
      summary: "Make a key",
      description: """
        The answer holds the key itself, as `token`, this once: the server keeps a hash of it. A key sees and makes things \
        in its own project alone. There is no `Idempotency-Key` here, as the answer isn't kept.
        """,
      body: .json(.reference("KeyRequest"), example: example),
      answers: [
        .json(201, "The key, with its token.", .reference("NewKey"), headers: [Answer.location])
      ],
      problems: [.conflict]
    ) { service, call in
      let body = try await call.json()
      let (key, token) = try await service.keys.create(NewKey(body.json))
      guard case .object(var object) = KeyPresentation.json(key) else { return .noContent }
      object["token"] = .string(token.text)
      return .json(
        .object(object), status: 201, headers: [("Location", "/v1/keys/\(key.id)")])
    },
    Endpoint(
      method: .get, path: "/v1/keys/current", operationID: "getCurrentKey", tag: .keys,
      summary: "The key of this request, and what it uses",
      answers: [.json(200, "The key.", .reference("KeyWithUsage"))], problems: [.notFound],
      isQuick: true, audience: .anyKey
    ) { service, _ in
      guard let id = Caller.current?.key, let key = service.keys.get(id) else {
        throw Problem(.notFound, "the request brought no key, and none is asked for")
      }
      return .json(try await withUsage(key, service))
    },
    Endpoint(
      method: .get, path: "/v1/keys/{id}", operationID: "getKey", tag: .keys,
      summary: "One key, and what it uses",
      answers: [.json(200, "The key.", .reference("KeyWithUsage"))]
    ) { service, call in
      .json(try await withUsage(key(service, call), service))
    },
    Endpoint(
      method: .patch, path: "/v1/keys/{id}", operationID: "updateKey", tag: .keys,
      summary: "Change a key's name, end or quotas",
      description: """
        Members that aren't named stay; `null` takes an end or a limit away (RFC 7396). Scopes and project stay: make \
        another key.
        """,
      body: .json(.reference("KeyChange")),
      answers: [.json(200, "The key.", .reference("Key"))]
    ) { service, call in
      let id = try key(service, call).id
      let body = try await call.json()
      let changed = try await service.keys.update(id, KeyChange(body.json))
      service.runs.limitsChanged(of: changed)
      return .json(KeyPresentation.json(changed))
    },
    Endpoint(
      method: .delete, path: "/v1/keys/{id}", operationID: "revokeKey", tag: .keys,
      summary: "Revoke a key, from this moment on",
      description: "What it made stays. The key is still listed, with `revoked_at`.",
      answers: [.deleted]
    ) { service, call in
      try await service.keys.revoke(key(service, call).id)
      return .noContent
    },
  ]

  private static func key(_ service: Service, _ call: Call) throws(Problem) -> AccessKey {
    let id = try call.identifier(of: "key") { KeyID($0) }
    guard let key = service.keys.get(id) else { throw Call.notFound("key", "\(id)") }
    return key
  }

  private static func withUsage(_ key: AccessKey, _ service: Service) async throws -> JSON {
    guard case .object(var object) = KeyPresentation.json(key) else { return .null }
    let (runs, bytes) = try await service.store.keys.usage(of: key.id)
    object["usage"] = [
      "queued_runs": .integer(runs[.queued] ?? 0), "running_runs": .integer(runs[.running] ?? 0),
      "paused_runs": .integer(runs[.paused] ?? 0), "stored_bytes": .integer(bytes),
    ]
    return .object(object)
  }

  private static let example: JSON = [
    "name": "nightly script", "project": "vision", "scopes": ["read", "write", "train"],
    "quotas": ["queued_runs": 20, "running_runs": 2, "requests_per_second": 50],
  ]
}
