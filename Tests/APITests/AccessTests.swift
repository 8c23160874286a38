import Access
import Foundation
import JSON
import Store
import Testing

@testable import API

/// Keys: what each may do, where, and how much.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AccessTests {
  /// A server that asks for keys, and calls it with one.
  private struct Guarded {
    let server: TestServer

    func key(
      _ scopes: Set<AccessScope>, project: String = "default", quotas: KeyQuotas = KeyQuotas()
    )
      async throws -> [String: String]
    {
      var new = NewKey(name: "\(project)", scopes: scopes)
      new.project = project
      new.quotas = quotas
      let token = try await server.keys.create(new).token.text
      return ["Authorization": "Bearer \(token)"]
    }
  }

  private func guarded(
    workers: Int = 1, _ body: (Guarded) async throws -> Void
  ) async throws {
    try await TestServer(isKeyRequired: true, workers: workers).used {
      try await body(Guarded(server: $0))
    }
  }

  /// A thing of each kind, in the project of a key.
  private func things(_ server: TestServer, _ key: [String: String]) async throws -> [String:
    String]
  {
    let dataset = try await server.client.send(
      "POST", "/v1/datasets?format=csv", key, body: Samples.blobs(rows: 60))
    let id = try #require(dataset.json["id"]?.string, "\(dataset.text)")
    let model = try await server.client.post("/v1/models", json: Samples.model, key)
    let run = try await server.client.post(
      "/v1/runs", json: Samples.run(dataset: id, epochs: 1), key)
    let name = try #require(run.json["id"]?.string, "\(run.text)")
    // Over, so that whatever can be asked of a run can be.
    var over = key
    over["Prefer"] = "wait=60"
    let ended = try await server.client.get("/v1/runs/\(name)?until=state%3Dsucceeded", over)
    #expect(ended.json["state"] == "succeeded", "\(ended.text)")
    let file = try await server.client.get("/v1/runs/\(name)/weights", key)
    let hook = try await server.client.post(
      "/v1/webhooks", json: ["url": "https://hooks.example/"], key)
    let weights = try await server.client.send("POST", "/v1/weights", key, body: file.body)
    let sweep = try await server.client.post(
      "/v1/sweeps",
      json: [
        "run": Samples.run(dataset: id, epochs: 1),
        "parameters": ["/training/seed": ["values": [1]]],
      ], key)
    let split = try await server.client.post(
      "/v1/splits", json: ["dataset": .string(id), "type": "stratified"], key)
    var upload = key
    upload["Upload-Length"] = "10"
    let begun = try await server.client.send("POST", "/v1/uploads", upload, body: [])
    return [
      "splits": split.json["id"]?.string ?? "", "sweeps": sweep.json["id"]?.string ?? "", "uploads": begun.json["id"]?.string ?? "",
      "datasets": id,
      "models": model.json["id"]?.string ?? "", "runs": name,
      "weights": weights.json["id"]?.string ?? "",
      "webhooks": hook.json["id"]?.string ?? "",
    ]
  }

  /// What a request needs to be understood, so that it is refused for whom it comes from alone.
  private func send(
    _ server: TestServer, _ endpoint: Endpoint, _ path: String, _ key: [String: String]
  ) async throws -> TestClient.Answer {
    let method = endpoint.method.rawValue.uppercased()
    var headers = key
    if endpoint.body != nil { headers["Content-Type"] = "application/json" }
    // Streams end at once for whoever has it all.
    headers["Last-Event-ID"] = "\(Int64.max)"
    headers["Accept"] = endpoint.operationID == "streamEvents" ? "text/html" : nil
    if endpoint.tag == .uploads {
      headers["Upload-Offset"] = "0"
      headers["Content-Type"] = endpoint.body?.content.first?.mediaType
    }
    return try await server.client.send(
      method, path, headers, body: endpoint.body == nil ? nil : Array("{}".utf8))
  }

  @Test(
    "every operation, with every scope and with none: who may not is refused before anything else")
  func scopes() async throws {
    try await guarded { guarded in
      let server = guarded.server
      var keys: [AccessScope: [String: String]] = [:]
      for scope in AccessScope.allCases { keys[scope] = try await guarded.key([scope]) }
      for endpoint in EndpointTable.all {
        // Nothing is there under this id: whoever is let in is told so, or of a fault of the request.
        let path = endpoint.path.replacing("{id}", with: "run_00000000000000000000000000")
          .replacing("{name}", with: "nothing")
        let none = try await send(server, endpoint, path, [:])
        let wrong = try await send(
          server, endpoint, path, ["Authorization": "Bearer chainrule_wrong"])
        switch endpoint.requiredAudience {
        case .everyone:
          #expect(none.status != 401 && wrong.status != 401, "\(endpoint.operationID)")
        case .anyKey, .scope:
          #expect(none.status == 401, "\(endpoint.operationID): \(none.status)")
          #expect(none.headers["www-authenticate"] == "Bearer realm=\"chainrule\"")
          #expect(wrong.status == 401, "\(endpoint.operationID): \(wrong.status)")
          #expect(wrong.headers["www-authenticate"]?.contains("invalid_token") == true)
        }
        for (scope, key) in keys {
          // One that ends what other rows of the table need.
          if endpoint.operationID == "createBackup" && scope == .admin { continue }
          let answer = try await send(server, endpoint, path, key)
          let place =
            "\(endpoint.operationID) with \(scope): \(answer.status) \(answer.text.prefix(200))"
          if case .scope(let needed) = endpoint.requiredAudience, needed != scope, scope != .admin {
            #expect(answer.status == 403, "\(place)")
            #expect(answer.json["type"] == "/problems/forbidden")
            #expect(answer.headers["www-authenticate"]?.contains("scope=\"\(needed)\"") == true)
          } else {
            #expect(![401, 403].contains(answer.status) && answer.status < 500, "\(place)")
          }
        }
      }
    }
  }

  @Test("every operation on a thing of another project answers as if it weren't there")
  func projects() async throws {
    try await guarded { guarded in
      let server = guarded.server
      let everything = Set(AccessScope.allCases)
      let own = try await guarded.key(everything, project: "own")
      let other = try await guarded.key(everything, project: "other")
      let things = try await things(server, own)
      var asked = 0
      // What deletes comes last, so that the owner's answers show that the thing is there.
      let table = EndpointTable.all.filter { $0.pathParameters.first == "id" }
      for endpoint in table.sorted(by: { $0.method != .delete && $1.method == .delete }) {
        let collection = endpoint.path.split(separator: "/")[1]
        guard let id = things[String(collection)] else { continue }
        asked += 1
        let path = endpoint.path.replacing("{id}", with: id)
          .replacing("{delivery}", with: "1")
        let foreign = try await send(server, endpoint, path, other)
        #expect(
          foreign.status == 404,
          "\(endpoint.operationID): \(foreign.status) \(foreign.text.prefix(200))")
        #expect(foreign.json["type"] == "/problems/not-found")
        let ours = try await send(server, endpoint, path, own)
        #expect(
          ours.status != 404 || ours.text.contains("there is no run") == false,
          "\(endpoint.operationID): \(ours.text.prefix(200))")
      }
      #expect(asked > 30)
    }
  }

  @Test("lists show a project's own, and nothing of it can be named in a request of another's")
  func references() async throws {
    try await guarded { guarded in
      let server = guarded.server
      let own = try await guarded.key([.read, .write, .train], project: "own")
      let other = try await guarded.key([.read, .write, .train], project: "other")
      let things = try await things(server, own)
      let lists = [
        "datasets", "models", "runs", "weights", "runs?sort=-vanishing_index", "sweeps", "uploads",
        "splits",
      ]
      for list in lists {
        let rows = try await server.client.get("/v1/\(list)", own).json["data"]?.array
        // The sweep has a run too.
        #expect(rows?.count == (list.hasPrefix("runs") ? 2 : 1), "\(list)")
        #expect(try await server.client.get("/v1/\(list)", other).json["data"] == [])
      }
      let dataset = try await server.client.send(
        "POST", "/v1/datasets?format=csv", other, body: Samples.blobs(rows: 60))
      let mine = try #require(dataset.json["id"]?.string)
      let plain = Samples.run(dataset: mine, epochs: 1)
      let foreign: [(JSON, String)] = [
        (Samples.run(dataset: things["datasets"] ?? ""), "/dataset"),
        (
          plain.setting(
            "dataset", ["train": .string(mine), "validation": .string(things["datasets"] ?? "")]),
          "/dataset/validation"
        ),
        (
          plain.setting(
            "dataset", ["train": .string(mine), "split": .string(things["splits"] ?? "")]),
          "/dataset/split"
        ),
        (plain.setting("model", .string(things["models"] ?? "")), "/model"),
        (plain.setting("initial_weights", .string(things["runs"] ?? "")), "/initial_weights"),
        (plain.setting("initial_weights", .string(things["weights"] ?? "")), "/initial_weights"),
        (plain.setting("after", [.string(things["runs"] ?? "")]), "/after/0"),
      ]
      for (body, pointer) in foreign {
        let answer = try await server.client.post("/v1/runs", json: body, other)
        #expect(answer.status == 422, "\(pointer): \(answer.text)")
        let pointers = answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
        #expect(pointers.contains { $0.hasPrefix(pointer) }, "\(answer.text)")
      }
      for path in ["/v1/datasets?format=csv&", "/v1/weights?", "/v1/runs:import?"] {
        let answer = try await server.client.send(
          "POST", "\(path)upload=\(things["uploads"] ?? "")", other, body: [])
        #expect([403, 404].contains(answer.status), "\(path): \(answer.text)")
      }
      #expect(try await server.client.post("/v1/runs", json: plain, other).status == 202)
    }
  }

  @Test("an idempotency key is its project's own")
  func idempotency() async throws {
    try await guarded { guarded in
      var own = try await guarded.key([.write], project: "own")
      var other = try await guarded.key([.write], project: "other")
      own["Idempotency-Key"] = "the same"
      other["Idempotency-Key"] = "the same"
      let client = guarded.server.client
      let first = try await client.post("/v1/models", json: Samples.model, own)
      let again = try await client.post("/v1/models", json: Samples.model, own)
      let foreign = try await client.post(
        "/v1/models", json: Samples.model.setting("name", "another"), other)
      #expect(first.status == 201 && again.json["id"] == first.json["id"])
      #expect(foreign.status == 201 && foreign.json["id"] != first.json["id"])
    }
  }

  @Test("the stream of all events tells of a project's own runs, those to come and those that were")
  func events() async throws {
    try await guarded { guarded in
      let server = guarded.server
      let own = try await guarded.key([.read, .write, .train], project: "own")
      let other = try await guarded.key([.read, .write, .train], project: "other")
      let theirs = try await things(server, own)["runs"] ?? ""
      let mine = try await things(server, other)["runs"] ?? ""
      for (key, seen, unseen) in [(own, theirs, mine), (other, mine, theirs)] {
        let text = try await server.client.lines(
          "/v1/events?after=0", key.merging(["Accept": "application/x-ndjson"]) { $1 },
          until: "\"type\":\"end\"")
        #expect(text.contains(seen))
        #expect(!text.contains(unseen))
      }
    }
  }

  @Test("a key is shown once, used, changed, and of no use once it is revoked; the audit log tells")
  func life() async throws {
    try await guarded { guarded in
      let client = guarded.server.client
      let admin = try await guarded.key([.admin])
      let made = try await client.post(
        "/v1/keys", json: ["name": "script", "project": "vision", "scopes": ["write"]], admin)
      #expect(made.status == 201, "\(made.text)")
      let token = try #require(made.json["token"]?.string)
      let id = try #require(made.json["id"]?.string)
      #expect(token.hasPrefix(made.json["prefix"]?.string ?? "-"))
      #expect(made.headers["location"] == "/v1/keys/\(id)")
      let own = ["Authorization": "Bearer \(token)"]
      let list = try await client.get("/v1/keys", admin)
      #expect(list.json["data"]?[0]?["id"]?.string == id)
      #expect(!list.text.contains(token.suffix(43)))
      let current = try await client.get("/v1/keys/current", own)
      #expect(current.json["id"]?.string == id && current.json["usage"]?["stored_bytes"] == 0)
      let model = try await client.post("/v1/models", json: Samples.model, own)
      #expect(model.status == 201)
      #expect(try await client.post("/v1/runs", json: [:], own).status == 403)
      let changed = try await client.send(
        "PATCH", "/v1/keys/\(id)", admin.merging(["Content-Type": "application/json"]) { $1 },
        body: Array(#"{"name": "other", "quotas": {"queued_runs": 1}}"#.utf8))
      #expect(changed.json["name"] == "other" && changed.json["quotas"] == ["queued_runs": 1])
      #expect(try await client.send("DELETE", "/v1/keys/\(id)", admin).status == 204)
      #expect(try await client.post("/v1/models", json: Samples.model, own).status == 401)
      #expect(try await client.get("/v1/keys/\(id)", admin).json["revoked_at"]?.string != nil)
      let log = try await client.get("/v1/audit?key=\(id)", admin).json["data"]?.array ?? []
      #expect(log.map { $0["operation"]?.string } == ["createRun", "createModel"])
      #expect(log.map { $0["status"]?.integer } == [403, 201])
      #expect(log.last?["made"] == model.json["id"] && log.last?["project"] == "vision")
      let all = try await client.get("/v1/audit", admin).json["data"]?.array ?? []
      #expect(
        all.map { $0["operation"]?.string }
          == ["revokeKey", "updateKey", "createRun", "createModel", "createKey"])
    }
  }

  @Test("what a quota allows is there, and one more is refused with its name")
  func quotas() async throws {
    try await guarded { guarded in
      let client = guarded.server.client
      var quotas = KeyQuotas()
      quotas.storedBytes = Samples.blobs(rows: 60).count + 10
      quotas.queuedRuns = 1
      quotas.runningRuns = 1
      let key = try await guarded.key([.read, .write, .train], quotas: quotas)
      let path = "/v1/datasets?format=csv"
      let first = try await client.send("POST", path, key, body: Samples.blobs(rows: 60))
      #expect(first.status == 201)
      let second = try await client.send("POST", path, key, body: Samples.blobs(rows: 30))
      #expect(second.status == 429 && second.json["type"] == "/problems/quota-exceeded")
      #expect(second.json["detail"]?.string?.contains("stored_bytes") == true)
      #expect(guarded.server.filesLeft().count == 1)
      // An upload takes what it announces from the start, and what becomes of it no more than that.
      var announced = key
      announced["Upload-Length"] = "11"
      let begun = try await client.send("POST", "/v1/uploads", announced, body: [])
      #expect(begun.status == 429, "\(begun.text)")
      announced["Upload-Length"] = "10"
      let small = try await client.send("POST", "/v1/uploads", announced, body: [])
      #expect(small.status == 201, "\(small.text)")
      let usage = try await client.get("/v1/keys/current", key).json["usage"]?["stored_bytes"]
      #expect(usage?.integer == quotas.storedBytes)
      let id = first.json["id"]?.string ?? ""
      let long = Samples.run(dataset: id, epochs: 100_000)
      let running = try await client.post("/v1/runs", json: long, key)
      let name = running.json["id"]?.string ?? ""
      _ = try await client.get(
        "/v1/runs/\(name)?until=step%3E%3D1", key.merging(["Prefer": "wait=60"]) { $1 })
      #expect(try await client.post("/v1/runs", json: long, key).status == 202)
      let third = try await client.post("/v1/runs", json: long, key)
      #expect(third.status == 429 && third.json["detail"]?.string?.contains("queued_runs") == true)
      #expect(third.headers["retry-after"] == "60")
      for run in try await client.get("/v1/runs", key).json["data"]?.array ?? [] {
        _ = try await client.post("/v1/runs/\(run["id"]?.string ?? ""):cancel", key)
      }
    }
  }

  @Test("with a quota of one running run the second waits, and another key's runs beside the first")
  func runningRuns() async throws {
    try await guarded(workers: 2) { guarded in
      let client = guarded.server.client
      var quotas = KeyQuotas()
      quotas.runningRuns = 1
      let held = try await guarded.key([.read, .write, .train], quotas: quotas)
      let free = try await guarded.key([.read, .write, .train])
      let dataset = try await client.send(
        "POST", "/v1/datasets?format=csv", held, body: Samples.blobs(rows: 60))
      let long = Samples.run(dataset: dataset.json["id"]?.string ?? "", epochs: 1_000_000)
      func begin(_ key: [String: String]) async throws -> String {
        let answer = try await client.post("/v1/runs", json: long, key)
        return try #require(answer.json["id"]?.string, "\(answer.text)")
      }
      func waited(_ run: String, _ condition: String) async throws -> JSON {
        let waiting = free.merging(["Prefer": "wait=60"]) { $1 }
        return try await client.get("/v1/runs/\(run)?until=\(condition)", waiting).json
      }
      let first = try await begin(held)
      _ = try await waited(first, "step%3E%3D1")
      let second = try await begin(held)
      // Queued last, it begins while the one before it waits.
      let other = try await begin(free)
      let running = try await waited(other, "step%3E%3D1")
      #expect(running["state"] == "running")
      let still = try await client.get("/v1/runs/\(second)", held).json
      #expect(still["state"] == "queued" && still["queue_position"] == 1)
      _ = try await client.post("/v1/runs/\(first):cancel", held)
      let begun = try await waited(second, "step%3E%3D1")
      #expect(begun["state"] == "running")
      for run in [second, other] { _ = try await client.post("/v1/runs/\(run):cancel", held) }
    }
  }

  @Test("requests beyond a key's rate are refused, and the headers tell what is left")
  func rate() async throws {
    try await guarded { guarded in
      var quotas = KeyQuotas()
      quotas.requestsPerSecond = 2
      let key = try await guarded.key([.read], quotas: quotas)
      let free = try await guarded.key([.read])
      let client = guarded.server.client
      let first = try await client.get("/v1/runs", key)
      #expect(first.headers["ratelimit-policy"] == "\"requests\";q=2;w=1")
      #expect(first.headers["ratelimit"]?.hasPrefix("\"requests\";r=") == true)
      let many = try await withThrowingTaskGroup(of: TestClient.Answer.self) { group in
        for _ in 0..<20 { group.addTask { try await client.get("/v1/runs", key) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let refused = many.filter { $0.status == 429 }
      #expect(!refused.isEmpty && refused.count < 20)
      #expect(refused.allSatisfy { $0.headers["retry-after"] == "1" })
      let other = try await client.get("/v1/runs", free)
      #expect(other.status == 200 && other.headers["ratelimit"] == nil)
    }
  }
}
