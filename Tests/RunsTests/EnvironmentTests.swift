import Foundation
import JSON
import Store
import Testing
import Training

@testable import Runs

/// What a run's bits depend on, as it tells of it.
@Suite struct EnvironmentTests {
  private func bench(_ folder: URL? = nil, _ environment: RunEnvironment = .current) throws
    -> Bench
  {
    try Bench(
      folder: folder, RunServiceConfiguration(longestQueue: 100, environment: environment))
  }

  private func warnings(_ bench: Bench, _ run: RunID) async throws -> [String] {
    try await bench.store.history.logs(run, after: 0, limit: 100)
      .map(\.log).filter { $0.level == "warning" && $0.message.contains("bits may differ") }
      .map(\.message)
  }

  /// Another folder's store, opened by a server elsewhere.
  private func moved(_ folder: URL) async throws -> Bench {
    let elsewhere = RunEnvironment(
      version: "0.0.9", instructionSet: "x86-64-v0", blas: RunEnvironment.current.blas)
    for _ in 0..<100 {
      if let bench = try? bench(folder, elsewhere) { return bench }
      try await Task.sleep(for: .milliseconds(50))
    }
    return try bench(folder, elsewhere)
  }

  private func newFolder() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "runs-\(UUID().uuidString)")
  }

  @Test(
    "a run tells of version, instructions, BLAS and the digests of its uploads once it has begun")
  func told() async throws {
    let bench = try bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let queued = try await bench.service.submit(Bench.request(data))
    #expect(try await bench.service.json(queued)["environment"] == nil)
    let json = try await bench.service.json(try await bench.wait(queued.id))
    let environment = try #require(json["environment"])
    #expect(environment["version"] == "0.1.0")
    let upload = try await bench.datasets.record(data)
    #expect(environment["data"] == ["train": .string(upload.sha256)])
    #expect(environment["blas"]?.string?.hasPrefix("OpenBLAS 0.") == true)
    #expect(environment["blas"]?.string?.split(separator: " ").count == 3)
    #expect(environment["cloned_from"] == nil && environment["changes"] == nil)
    #expect(json["training"]?["deterministic"] == true)
    #if arch(x86_64)
      // As the kernel of the system sees the processor; the levels are those of the x86-64 ABI.
      let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
      let flags = Set(line.split(separator: " ").map(String.init))
      let third: Set = ["avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]
      let fourth: Set = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
      let level =
        !flags.isSuperset(of: third)
        ? "x86-64" : flags.isSuperset(of: fourth) ? "x86-64-v4" : "x86-64-v3"
      #expect(environment["instruction_set"] == .string(level))
    #endif
    await bench.stop()
  }

  @Test("a clone elsewhere says that its bits may differ, one in the same place doesn't")
  func clones() async throws {
    let folder = newFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var first: RunID?
    do {
      let bench = try bench(folder)
      try await bench.service.start()
      let run = try await bench.service.submit(Bench.request(try await bench.dataset()))
      first = run.id
      _ = try await bench.wait(run.id)
      let clone = try await bench.service.clone(run.id, overrides: [:])
      let ended = try await bench.wait(clone.id)
      let told = try await bench.service.json(ended)["environment"]
      #expect(told?["cloned_from"]?["run"] == .string(run.id.rawValue))
      #expect(told?["cloned_from"]?["version"] == told?["version"])
      #expect(try await warnings(bench, clone.id).isEmpty)
      #expect(try await bench.weights(clone.id) == bench.weights(run.id))
      await bench.stop()
    }
    let bench = try await moved(folder)
    try await bench.service.start()
    let clone = try await bench.service.clone(try #require(first), overrides: [:])
    let ended = try await bench.wait(clone.id)
    #expect(ended.state == .succeeded)
    #expect(
      try await warnings(bench, clone.id) == [
        "bits may differ from the run that it was cloned from: version 0.0.9, before it was 0.1.0; "
          + "instruction set x86-64-v0, before it was \(RunEnvironment.current.instructionSet)"
      ])
    let told = try await bench.service.json(ended)["environment"]
    #expect(told?["version"] == "0.0.9" && told?["cloned_from"]?["version"] == "0.1.0")
    await bench.stop()
  }

  @Test("a run that goes on elsewhere says so once, and after which step")
  func goesOn() async throws {
    let folder = newFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var id: RunID?
    do {
      let bench = try bench(folder)
      try await bench.service.start()
      let run = try await bench.service.submit(
        Bench.request(try await bench.dataset(), ["epochs": 100_000]))
      id = run.id
      _ = try await bench.wait(run.id, [.running])
      for _ in 0..<500 where try await bench.store.runs.get(run.id)?.progress.step == 0 {
        try await Task.sleep(for: .milliseconds(10))
      }
      _ = try await bench.service.pause(run.id)
      _ = try await bench.wait(run.id, [.paused])
      await bench.stop()
    }
    let bench = try await moved(folder)
    try await bench.service.start()
    let run = try #require(id)
    let paused = try #require(try await bench.store.runs.get(run))
    _ = try await bench.service.resume(
      run, changes: ["training": ["epochs": .integer(paused.progress.epoch + 1)]])
    let ended = try await bench.wait(run)
    #expect(ended.state == .succeeded)
    let told = try await bench.service.json(ended)["environment"]
    #expect(told?["version"] == "0.1.0")
    #expect(told?["changes"]?.array?.count == 1)
    #expect(told?["changes"]?[0]?["step"] == .integer(paused.progress.step))
    #expect(told?["changes"]?[0]?["instruction_set"] == "x86-64-v0")
    let lines = try await warnings(bench, run)
    #expect(lines.count == 1 && lines[0].contains("instruction set x86-64-v0"), "\(lines)")
    await bench.stop()
  }

  @Test("an archive carries where a run began and what it began with")
  func archived() async throws {
    let bench = try bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let first = try await bench.service.submit(Bench.request(data))
    _ = try await bench.wait(first.id)
    let second = try await bench.service.submit(
      RunService.merged(
        Bench.request(data), ["initial_weights": .string(first.id.rawValue)]))
    let ended = try await bench.wait(second.id)
    let archive = try await bench.service.archive(
      of: second.id, holdsUploads: true, server: "test")
    var bytes: [UInt8] = []
    while bytes.count < archive.byteCount {
      bytes += try archive.read(offset: bytes.count, count: 1 << 20)
    }
    let other = try self.bench()
    try await other.service.start()
    let upload = try other.datasets.stage()
    try Data(bytes).write(to: upload.file(for: nil))
    let restored = try await other.service.restore(upload, limit: 1 << 30)
    upload.discard()
    #expect(restored.environment != nil && restored.environment == ended.environment)
    #expect(restored.transfer != nil && restored.transfer == ended.transfer)
    await bench.stop()
    await other.stop()
  }

  @Test("deterministic is always on: true is taken, false is told that there is nothing else")
  func deterministic() async throws {
    let bench = try bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let run = try await bench.service.submit(Bench.request(data, ["deterministic": true]))
    #expect(try await bench.service.json(run)["training"]?["deterministic"] == true)
    do {
      _ = try await bench.service.submit(Bench.request(data, ["deterministic": false]))
      Issue.record("the run was queued")
    } catch let faults as Faults {
      #expect(faults.all.map(\.pointer) == ["/training/deterministic"])
      #expect(faults.all.first?.detail.contains("always on") == true)
    }
    await bench.stop()
  }
}
