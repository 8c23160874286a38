import Foundation
import JSON
import Store
import Testing

@testable import Runs

/// The queue of a whole service, over a real store.
@Suite struct QueueTests {
  private static func merged(_ request: JSON, _ members: JSON) -> JSON {
    RunService.merged(request, members)
  }

  /// A run that goes on until it is told to end.
  private static func endless(_ data: DatasetID) -> JSON {
    Bench.request(data, ["epochs": 100_000])
  }

  @Test("a run begins after those it names; one of them that fails takes it along")
  func dependencies() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let first = try await bench.service.submit(Self.endless(data))
    _ = try await bench.wait(first.id, [.running])
    let second = try await bench.service.submit(
      Self.merged(Bench.request(data), ["after": [.string(first.id.rawValue)], "priority": 9]))
    let third = try await bench.service.submit(
      Self.merged(Bench.request(data), ["after": [.string(second.id.rawValue)]]))
    let free = try await bench.service.submit(Bench.request(data))
    #expect(try await bench.service.json(second)["after"] == [.string(first.id.rawValue)])
    _ = try await bench.service.stop(first.id)
    let ended = try await bench.wait(second.id)
    #expect(ended.state == .succeeded)
    let beginnings = try await [free.id, second.id, third.id].asyncMap {
      try await bench.wait($0).startedAt ?? 0
    }
    #expect(beginnings[1] <= beginnings[2])
    // A chain behind one that is cancelled.
    let held = try await bench.service.submit(Self.endless(data))
    let behind = try await bench.service.submit(
      Self.merged(Bench.request(data), ["after": [.string(held.id.rawValue)]]))
    let last = try await bench.service.submit(
      Self.merged(Bench.request(data), ["after": [.string(behind.id.rawValue)]]))
    _ = try await bench.service.cancel(held.id)
    for id in [behind.id, last.id] {
      let run = try await bench.wait(id)
      #expect(run.state == .cancelled)
      #expect(run.error?.contains("dependency-failed") == true)
    }
    // What can't be waited for is refused.
    for (after, words) in [
      (held.id.rawValue, "didn't succeed"), ("run_00000000000000000000000000", "no run"),
    ] {
      do {
        _ = try await bench.service.submit(
          Self.merged(Bench.request(data), ["after": [.string(after)]]))
        Issue.record("\(after) was taken")
      } catch let faults as Faults {
        #expect(faults.all.first?.pointer == "/after/0")
        #expect(faults.all.first?.detail.contains(words) == true)
      }
    }
    await bench.stop()
  }

  @Test(
    "a long chain behind a run that is cancelled goes with it, and a change of a run's name leaves what it waits for"
  )
  func chain() async throws {
    let bench = try Bench(RunServiceConfiguration(longestQueue: 10_000))
    try await bench.service.start()
    let data = try await bench.dataset()
    let head = try await bench.service.submit(Self.endless(data))
    _ = try await bench.wait(head.id, [.running])
    var last = head.id
    for _ in 0..<60 {
      last = try await bench.service.submit(
        Self.merged(Bench.request(data), ["after": [.string(last.rawValue)]])
      ).id
    }
    let done = try await bench.service.submit(Bench.request(data))
    let both = try await bench.service.submit(
      Self.merged(
        Bench.request(data), ["after": [.string(done.id.rawValue)], "tags": ["project": "other"]]))
    _ = try await bench.service.cancel(head.id)
    #expect(try await bench.wait(last).state == .cancelled)
    #expect(try await bench.wait(done.id).state == .succeeded)
    _ = try? await bench.service.update(both.id, body: ["name": "renamed"])
    #expect(try await bench.wait(both.id).state == .succeeded)
    await bench.stop()
  }

  @Test("dependencies outlast the server")
  func dependenciesAfterRestart() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (first, second): (RunID, RunID)
    do {
      let bench = try Bench(folder: folder)
      try await bench.service.start()
      let data = try await bench.dataset()
      first = try await bench.service.submit(Self.endless(data)).id
      second = try await bench.service.submit(
        Self.merged(Bench.request(data), ["after": [.string(first.rawValue)]])
      ).id
      _ = try await bench.wait(first, [.running])
      await bench.stop()
    }
    let bench = try await Bench.reopened(folder)
    try await bench.service.start()
    _ = try await bench.wait(first, [.running])
    #expect(try await bench.store.runs.get(second)?.state == .queued)
    _ = try await bench.service.stop(first)
    #expect(try await bench.wait(second).state == .succeeded)
    await bench.stop()
  }

  @Test(
    "a run that is still queued at its deadline is cancelled; one that trains ends there with its weights"
  )
  func deadlines() async throws {
    let bench = try Bench()
    let data = try await bench.dataset()
    func insert(_ members: JSON, needs: JSON) async throws -> RunID {
      try await bench.store.runs.insert(
        NewRun(
          name: nil, priority: 0, model: nil, datasets: .init(train: data),
          request: "\(Self.merged(Self.endless(data), members))", tags: "{}", needs: "\(needs)")
      ).id
    }
    let past: JSON = "2020-01-31T12:00:00Z"
    let late = try await insert(["deadline": past], needs: ["deadline": 1_580_472_000_000])
    // As if it had begun just before.
    let begun = try await insert(["deadline": past], needs: [:])
    try await bench.service.start()
    let cancelled = try await bench.wait(late)
    #expect(cancelled.state == .cancelled && cancelled.stateReason == .timeLimit)
    #expect(cancelled.attempt == 0)
    let ended = try await bench.wait(begun)
    #expect(ended.state == .succeeded && ended.stateReason == .timeLimit)
    #expect(try await !bench.weights(begun).isEmpty)
    do {
      _ = try await bench.service.submit(Self.merged(Bench.request(data), ["deadline": past]))
      Issue.record("a deadline in the past was taken")
    } catch let faults as Faults {
      #expect(faults.all.first?.pointer == "/deadline")
    }
    await bench.stop()
  }

  @Test("runs of two projects take turns on one lane")
  func shares() async throws {
    let bench = try Bench()
    let data = try await bench.dataset()
    try await bench.service.start()
    let held = try await bench.service.submit(Self.endless(data))
    _ = try await bench.wait(held.id, [.running])
    var ids: [String: [RunID]] = [:]
    for project in ["a", "a", "a", "a", "b", "b"] {
      let run = try await bench.service.submit(
        Self.merged(Bench.request(data), ["tags": ["project": .string(project)]]))
      ids[project, default: []].append(run.id)
    }
    let told = try await ids["b", default: []].asyncMap { id in
      try await bench.service.json(bench.store.runs.get(id) ?? held)
    }
    // The one that trains has no project, so both begin level: a, b, a, b, a, a.
    #expect(told.map { $0["queue_position"]?.integer } == [2, 4])
    #expect(told.allSatisfy { $0["estimated_start_at"]?.string != nil })
    _ = try await bench.service.stop(held.id)
    var starts: [(event: Int64, project: String)] = []
    for (project, runs) in ids {
      for id in runs {
        _ = try await bench.wait(id)
        let began = try await bench.events(id).first { $0.data.contains("\"running\"") }
        starts.append((began?.id ?? 0, project))
      }
    }
    #expect(
      starts.sorted { $0.event < $1.event }.prefix(4).map(\.project).sorted() == [
        "a", "a", "b", "b",
      ])
    await bench.stop()
  }

  @Test("a long run gives way to one that waits, and goes on to the same bits")
  func preemption() async throws {
    let bench = try Bench(RunServiceConfiguration(sliceSeconds: 0.2, stallSeconds: 1))
    try await bench.service.start()
    let data = try await bench.dataset()
    let long = try await bench.service.submit(Self.endless(data))
    _ = try await bench.wait(long.id, [.running])
    let short = try await bench.service.submit(Bench.request(data))
    #expect(try await bench.wait(short.id).state == .succeeded)
    _ = try await bench.wait(long.id, [.running])
    _ = try await bench.service.stop(long.id)
    let ended = try await bench.wait(long.id)
    #expect(ended.state == .succeeded && ended.attempt > 1)
    let straight = try await bench.service.submit(
      Bench.request(data, ["epochs": .null, "steps": .integer(ended.progress.step)]))
    _ = try await bench.wait(straight.id)
    #expect(try await bench.weights(long.id) == bench.weights(straight.id))
    #expect(try await bench.losses(long.id) == bench.losses(straight.id))
    await bench.stop()
  }

  @Test("a run waits until its memory is free, and is refused if it never can be")
  func memory() async throws {
    let probe = try Bench()
    let body = Self.endless(try await probe.dataset())
    try await probe.service.start()
    let bytes = RunNeeds(
      RunService.parsed(try await probe.service.submit(body).waiting.needs)
    ).memoryBytes
    #expect(bytes > 0)
    await probe.stop()
    let bench = try Bench(RunServiceConfiguration(workers: 3, memoryBytes: bytes * 5 / 2))
    try await bench.service.start()
    let data = try await bench.dataset()
    let runs = try await [1, 2, 3].asyncMap { _ in
      try await bench.service.submit(Self.endless(data))
    }
    for run in runs[0..<2] { _ = try await bench.wait(run.id, [.running]) }
    try await Task.sleep(for: .milliseconds(100))
    #expect(try await bench.store.runs.get(runs[2].id)?.state == .queued)
    _ = try await bench.service.cancel(runs[0].id)
    _ = try await bench.wait(runs[2].id, [.running])
    await #expect(throws: Faults.self) {
      _ = try await bench.service.submit(
        Self.merged(
          Self.endless(data),
          [
            "model": [
              "layers": [["type": "dense", "units": 100_000], ["type": "dense", "units": 2]]
            ]
          ]))
    }
    for run in runs { _ = try? await bench.service.cancel(run.id) }
    await bench.stop()
  }
}

extension Array {
  func asyncMap<Result>(
    _ transform: (Element) async throws -> Result
  ) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
