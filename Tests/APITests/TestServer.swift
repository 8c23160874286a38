import Access
import Dispatch
import Foundation
import HTTP
import JSON
import Runs
import Store

@testable import API

/// A real server over a real store in a folder of its own, on a port that was free.
final class TestServer: Sendable {
  let client: TestClient
  let folder: URL
  private let server: Server
  let keys: KeyRing
  private let runs: RunService

  /// - Parameters:
  ///   - isKeyRequired: whether requests without a key are refused.
  ///   - origins: pages of which may call from a browser.
  ///   - uploadLimit: how many bytes an upload may have.
  ///   - limits: what documents may ask for.
  ///   - longestQueue: runs that may be queued.
  ///   - workers: runs that may train at once.
  init(
    isKeyRequired: Bool = false, origins: Set<String> = [], uploadLimit: Int = 4 << 20,
    limits: DocumentLimits = DocumentLimits(), longestQueue: Int = 100_000,
    workers: Int = 1
  ) async throws {
    folder = FileManager.default.temporaryDirectory.appending(
      path: "chainrule-\(UUID().uuidString)")
    let store = try Store(directory: folder)
    let datasets = try DatasetLibrary(store: store, data: folder)
    try await datasets.sweep()
    let models = ModelLibrary(store: store, limits: limits)
    keys = try await KeyRing(store: store)
    var configuration = RunServiceConfiguration(workers: workers, longestQueue: longestQueue)
    configuration.limits = limits
    runs = try RunService(
      store: store, datasets: datasets, models: models, keys: keys, configuration: configuration)
    let service = Service(
      store: store, datasets: datasets, models: models, runs: runs, keys: keys,
      isKeyRequired: isKeyRequired, uploadLimit: uploadLimit, log: { _ in })
    var transport = ServerConfiguration()
    transport.listener = .address(host: "127.0.0.1", port: 0)
    server = Server(configuration: transport, responder: service.responder(origins: origins))
    client = TestClient(port: UInt16(try server.start()))
    try await runs.start()
  }

  /// Uploads a body; the dataset that became of it.
  func upload(_ body: [UInt8], _ query: String) async throws -> JSON {
    let answer = try await client.send("POST", "/v1/datasets?\(query)", body: body)
    guard answer.status == 201 else { throw TestClient.Failure(description: answer.text) }
    return answer.json
  }

  /// The folders of datasets, and whatever uploads left.
  func filesLeft() -> [String] {
    ["datasets", "uploads"].flatMap { name in
      let path = folder.appending(path: name).path(percentEncoded: false)
      return (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }
  }

  /// Ends the server once `body` is done with it.
  func used(by body: (TestServer) async throws -> Void) async throws {
    do {
      try await body(self)
    } catch {
      await stop()
      throw error
    }
    await stop()
  }

  /// Ends the server and removes its folder.
  func stop() async {
    await runs.drain(deadline: .now() + 10)
    await server.drain(seconds: 5)
    try? FileManager.default.removeItem(at: folder)
  }
}
