import Datasets
import Foundation
import JSON
import Store
import Testing

@testable import API

/// Copies of a server that works, over a socket.
@Suite(.serialized, .server) struct BackupTests {
  private var server: TestServer { ServerScope.server }

  @Test("a backup made while a run trains is listed, sound, and holds the dataset and the run")
  func backup() async throws {
    let client = server.client
    let dataset = try await server.upload(Samples.blobs(rows: 120), "name=blobs&format=csv")
    _ = try await server.upload(
      Samples.blobs(rows: 40), "name=other&format=csv")
    let id = try #require(dataset["id"]?.string)
    let run = try await client.post("/v1/runs", json: Samples.run(dataset: id, epochs: 200))
    #expect(run.status == 202, "\(run.text)")
    #expect(try await client.get("/v1/backups").json["data"]?.array?.isEmpty == true)
    let first = try await client.post("/v1/backups")
    #expect(first.status == 201, "\(first.text)")
    #expect(first.json["datasets"] == 2 && first.json["runs"] == 1)
    #expect((first.json["bytes"]?.integer ?? 0) > 8192)
    let second = try await client.post("/v1/backups")
    let list = try await client.get("/v1/backups?limit=1")
    #expect(list.json["data"]?.array == [second.json])
    let cursor = try #require(list.json["next_cursor"]?.string)
    let rest = try await client.get("/v1/backups?cursor=\(cursor)")
    #expect(rest.json["data"]?.array == [first.json] && rest.json["next_cursor"] == .null)

    for answer in [first, second] {
      let path = try #require(answer.json["path"]?.string)
      let folder = server.folder.appending(path: path, directoryHint: .isDirectory)
      let doctor = Doctor(folder: folder) { _ = try Dataset.open(directory: $0) }
      #expect(try doctor.examine().faults == [])
      let store = try Store(directory: folder)
      #expect(try await store.runs.list(limit: 9).map(\.id.rawValue) == [run.json["id"]?.string])
    }
    #expect(try await client.get("/v1/backups?cursor=nonsense").status == 422)
  }

  @Test("a backup is found by its id, and removed with what is its own")
  func removal() async throws {
    let client = server.client
    let dataset = try await server.upload(Samples.blobs(rows: 40), "name=kept&format=csv")
    let id = try #require(dataset["id"]?.string)
    let first = try await client.post("/v1/backups")
    let second = try await client.post("/v1/backups")
    let place = try #require(first.headers["location"])
    #expect(try await client.get(place).json == first.json)
    #expect(try await client.send("DELETE", place).status == 204)
    #expect(try await client.send("DELETE", place).status == 404)
    #expect(try await client.get(place).status == 404)
    #expect(try await client.get("/v1/backups/bak_nonsense").status == 404)
    let left = try await client.get("/v1/backups").json["data"]?.array
    #expect(left?.contains(second.json) == true && left?.contains(first.json) == false)
    let folder = server.folder.appending(path: "backups", directoryHint: .isDirectory)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
    let gone = try #require(first.json["id"]?.string)
    #expect(!names.contains { $0.contains(gone) })
    // Its files had second names in what stays.
    #expect(try await client.get("/v1/datasets/\(id)/content").body == Samples.blobs(rows: 40))
    let kept = server.folder.appending(path: try #require(second.json["path"]?.string))
    #expect(try Doctor(folder: kept) { _ = try Dataset.open(directory: $0) }.examine().faults == [])
  }

  @Test("a second backup at once is refused, the same request under its key answers the same")
  func oneAtATime() async throws {
    let client = server.client
    let keyed = ["Idempotency-Key": "nightly"]
    async let first = client.post("/v1/backups", keyed)
    async let others = [
      client.post("/v1/backups"), client.post("/v1/backups"), client.post("/v1/backups"),
    ]
    let made = try await first
    let answers = try await others + [made]
    for answer in answers where answer.status != 201 {
      #expect(answer.status == 409, "\(answer.text)")
      #expect(answer.json["type"] == "/problems/conflict")
    }
    let count = answers.filter { $0.status == 201 }.count
    #expect(try await client.get("/v1/backups").json["data"]?.array?.count == count && count > 0)
    guard made.status == 201 else { return }
    let again = try await client.post("/v1/backups", keyed)
    #expect(again.status == 201 && again.json == made.json)
    #expect(try await client.get("/v1/backups").json["data"]?.array?.count == count)
  }

  @Test("what a server wrote and trained has no faults, whatever became of its runs")
  func health() async throws {
    let client = server.client
    let dataset = try await server.upload(Samples.blobs(rows: 120), "name=blobs&format=csv")
    let id = try #require(dataset["id"]?.string)
    for action in ["", ":cancel", ":stop", ":pause"] {
      let epochs = action.isEmpty ? 3 : 2_000
      let run = try await client.post("/v1/runs", json: Samples.run(dataset: id, epochs: epochs))
      let path = "/v1/runs/\(run.json["id"]?.string ?? "")"
      while try await client.get(path).json["state"] == "queued" {
        try await Task.sleep(for: .milliseconds(5))
      }
      if !action.isEmpty { _ = try await client.post(path + action) }
      while try await client.get(path).json["state"] == "running" {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    let graph =
      "--b\r\nContent-Disposition: form-data; name=\"content\"; filename=\"c\"\r\n\r\n"
      + "a\t1\t0\tx\nb\t0\t1\ty\nc\t1\t1\tx\n\r\n"
      + "--b\r\nContent-Disposition: form-data; name=\"cites\"; filename=\"c\"\r\n\r\n"
      + "a\tb\nb\tc\n\r\n--b--\r\n"
    let parts = try await client.send(
      "POST", "/v1/datasets", ["Content-Type": "multipart/form-data; boundary=b"],
      body: Array(graph.utf8))
    #expect(parts.status == 201, "\(parts.text)")
    let doctor = Doctor(folder: server.folder) { _ = try Dataset.open(directory: $0) }
    #expect(try doctor.examine().faults == [])
    #expect(try await client.post("/v1/backups").status == 201)
  }
}
