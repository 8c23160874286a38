import JSON
import Store
import Testing

@testable import Runs

@Suite struct ProgressTests {
  private static let run = RunID.make()

  private static func event(_ id: Int64, of run: RunID = ProgressTests.run) -> RunEvent {
    RunEvent(id: id, run: run, kind: .epoch, data: "{}")
  }

  @Test("a reader of a silent run waits, however much other runs told since")
  func silentRun() async throws {
    let bench = try Bench()
    // Not started: the run stays queued and tells nothing more.
    let data = try await bench.dataset()
    let run = try await bench.store.runs.insert(
      NewRun(
        name: nil, priority: 0, model: nil,
        datasets: RunRecord.Datasets(train: data, validation: nil, test: nil),
        request: "{}", data: "{}", tags: "{}"),
      events: { $0.stateEvents })
    let hub = ProgressHub(lastID: 5000)
    let stream = RunEventStream(store: bench.store, hub: hub, run: run.id, cursor: 0)
    let reader = Task {
      var kinds: [RunEvent.Kind] = []
      for try await event in stream { kinds.append(event.kind) }
      return kinds
    }
    try await eventually { hub.waiterCount == 1 }
    hub.publish([Self.event(5001, of: .make())])
    hub.publish([RunEvent(id: 5002, run: run.id, kind: .end, data: "{}")])
    #expect(try await reader.value == [.state, .end])
  }

  @Test("the ring answers from its floor on, and sends who is behind it to the store")
  func ring() {
    let hub = ProgressHub(lastID: 10, capacity: 4)
    for id in Int64(11)...30 { hub.publish([Self.event(id)]) }
    #expect(hub.newestID == 30)
    #expect(hub.recent(of: nil, after: 10, limit: 100) == nil)
    let floor = hub.floor
    let rest = hub.recent(of: Self.run, after: floor, limit: 100)?.map(\.id)
    #expect(rest == Array((floor + 1)...30) && (rest?.count ?? 0) >= 4)
    #expect(hub.recent(of: .make(), after: floor, limit: 100) == [])
    #expect(hub.recent(of: nil, after: 27, limit: 2)?.map(\.id) == [28, 29])
  }

  @Test("events that came without being published are looked for in the store, and later ones in the ring")
  func passed() {
    let hub = ProgressHub(lastID: 10)
    hub.publish([Self.event(11), Self.event(15)])
    hub.pass(14)
    #expect(hub.recent(of: nil, after: 11, limit: 9) == nil && hub.newestID == 15)
    #expect(hub.recent(of: nil, after: 14, limit: 9)?.map(\.id) == [15])
    hub.pass(20)
    #expect(hub.recent(of: nil, after: 19, limit: 9) == nil && hub.newestID == 20)
    hub.pass(3)
    #expect(hub.recent(of: nil, after: 20, limit: 9) == [])
  }

  @Test("a wait ends when it is cancelled, and when the hub closes")
  func endOfWaits() async throws {
    let hub = ProgressHub(lastID: 0)
    let cancelled = Task { await hub.wait(for: Self.run, after: 0) }
    try await eventually { hub.waiterCount == 1 }
    cancelled.cancel()
    await cancelled.value
    #expect(hub.waiterCount == 0)
    let closed = Task { await hub.wait(for: nil, after: 0) }
    try await eventually { hub.waiterCount == 1 }
    hub.close()
    await closed.value
    await hub.wait(for: nil, after: 0)
    #expect(hub.waiterCount == 0)
  }

  @Test("a reader far behind misses steps that newer ones overtook, and nothing else")
  func slowReader() async throws {
    let bench = try Bench()
    let hub = ProgressHub(lastID: 0)
    let events = (Int64(1)...1000).map { id in
      RunEvent(id: id, run: Self.run, kind: id % 100 == 0 ? .epoch : .step, data: "{}")
    }
    hub.publish(events + [RunEvent(id: 1001, run: Self.run, kind: .end, data: "{}")])
    var seen: [RunEvent] = []
    for try await event in RunEventStream(
      store: bench.store, hub: hub, run: Self.run, cursor: 0)
    {
      seen.append(event)
    }
    #expect(seen.map(\.id) == seen.map(\.id).sorted())
    #expect(seen.filter { $0.kind == .epoch }.count == 10)
    #expect(seen.last?.kind == .end)
    #expect(seen.filter { $0.kind == .step }.count < 300)
  }

  @Test("only what was told at the last step or after is looked up, and told once")
  func toldEvents() {
    let events =
      (0..<200).map { index in
        RunEvent(id: Int64(300 - index), run: Self.run, kind: .state, data: #"{"state":"queued"}"#)
      } + [
        RunEvent(id: 9, run: Self.run, kind: .epoch, data: #"{"step":20}"#),
        RunEvent(id: 8, run: Self.run, kind: .validation, data: #"{"step":20,"part":"test"}"#),
        RunEvent(id: 7, run: Self.run, kind: .log, data: "no JSON"),
      ]
    let told = ToldEvents(step: 20) { Array(events.prefix($0)) }
    #expect(!told.isNews(.epoch, step: 19) && !told.isNews(.epoch, step: 20))
    #expect(told.isNews(.epoch, step: 21) && told.isNews(.histogram, step: 20))
    #expect(!told.isNews(.validation, step: 20, "test"))
    #expect(told.isNews(.validation, step: 20, "validation"))
    #expect(ToldEvents.none.isNews(.checkpoint, step: 0, "initial"))
  }
}
