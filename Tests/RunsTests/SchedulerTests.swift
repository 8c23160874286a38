import Foundation
import Store
import Testing

@testable import Runs

/// A queue played through on a clock of its own.
struct Simulation {
  struct Arrival {
    let job: QueuedJob
    let length: Double
  }

  var scheduler: Scheduler
  /// Seconds after which a run gives its lane to one that waits; `nil` for never.
  var slice: Double?
  private(set) var firstStarts: [RunID: Double] = [:]
  private(set) var order: [RunID] = []
  private(set) var ends: [RunID: Double] = [:]
  /// Threads times seconds by share, up to a time.
  private(set) var served: [String: Double] = [:]

  init(_ capacity: Capacity, slice: Double? = nil) {
    scheduler = Scheduler(capacity: capacity)
    self.slice = slice
  }

  /// - Parameter until: of the time, up to which `served` is counted.
  mutating func play(_ arrivals: [Arrival], until: Double = .infinity) {
    var coming = arrivals.sorted { $0.job.queuedAt > $1.job.queuedAt }
    var left = Dictionary(uniqueKeysWithValues: arrivals.map { ($0.job.id, $0.length) })
    var now = 0.0
    while true {
      while let job = scheduler.next(at: now) {
        if firstStarts[job.id] == nil {
          firstStarts[job.id] = now
          order.append(job.id)
        }
      }
      var times = [coming.last?.job.queuedAt].compactMap { $0 }
      times += scheduler.running.values.map { $0.since + (left[$0.job.id] ?? 0) }
      if let slice, scheduler.jobs.count > scheduler.held.count {
        times += scheduler.running.values.map { max(now, $0.since + slice) }
      }
      times += scheduler.held.compactMap { id in
        scheduler.jobs[id].flatMap { $0.notBefore > now ? $0.notBefore : nil }
      }
      guard let next = times.min() else { return }
      now = max(now, next)
      for one in scheduler.running.values where one.since + (left[one.job.id] ?? 0) <= now {
        serve(one, min(now, until))
        scheduler.release(one.job.id, at: now)
        ends[one.job.id] = now
        _ = scheduler.satisfied(one.job.id, at: now)
      }
      while let last = coming.last, last.job.queuedAt <= now {
        scheduler.enqueue(last.job, at: now)
        coming.removeLast()
      }
      if let slice, let victim = scheduler.victim(at: now, slice: slice),
        let one = scheduler.running[victim]
      {
        serve(one, min(now, until))
        left[victim, default: 0] -= now - one.since
        scheduler.release(victim, at: now)
        var job = one.job
        job.queuedAt = now
        scheduler.enqueue(job, at: now)
      }
    }
  }

  private mutating func serve(_ one: Scheduler.Running, _ end: Double) {
    served[one.job.share, default: 0] += max(0, end - one.since) * Double(one.job.threads)
  }
}

/// Numbers that are the same for the same seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

@Suite struct SchedulerTests {
  private static let small = Capacity(lanes: 1, threads: 1, memoryBytes: 100)

  private static func job(
    _ number: Int, share: String = "", priority: Int = 0, at time: Double = 0, memory: Int = 1,
    threads: Int = 1, after: [Int] = [], notBefore: Double = 0
  ) -> QueuedJob {
    QueuedJob(
      id: id(number), number: number, share: share, priority: priority, queuedAt: time,
      memoryBytes: memory, threads: threads, notBefore: notBefore, after: Set(after.map(id)))
  }

  private static func id(_ number: Int) -> RunID { RunID(trusted: "run_\(number)") }

  private func order(
    _ jobs: [QueuedJob], lanes: Int = 1, memory: Int = 100, threads: Int = 8, length: Double = 10
  ) -> [Int] {
    var simulation = Simulation(Capacity(lanes: lanes, threads: threads, memoryBytes: memory))
    simulation.play(jobs.map { .init(job: $0, length: length) })
    return simulation.order.compactMap { Int($0.rawValue.dropFirst(4)) }
  }

  @Test("by priority, then by age; a point of priority is worth ten minutes")
  func ranks() {
    #expect(order([Self.job(1), Self.job(2), Self.job(3, priority: 1)]) == [3, 1, 2])
    // When the lane is free at 10: the first of priority 0 has waited from 0, the other since 599 s or 601 s before.
    let early = Self.job(2, at: 0)
    var scheduler = Scheduler(capacity: Self.small)
    scheduler.enqueue(early, at: 0)
    scheduler.enqueue(Self.job(3, priority: 1, at: 599), at: 599)
    #expect(scheduler.next(at: 1000)?.number == 3)
    scheduler = Scheduler(capacity: Self.small)
    scheduler.enqueue(early, at: 0)
    scheduler.enqueue(Self.job(3, priority: 1, at: 601), at: 601)
    #expect(scheduler.next(at: 1000)?.number == 2)
  }

  @Test("deadlines follow the machine's clock when it is set, and nothing else does")
  func deadlines() {
    var scheduler = Scheduler(capacity: Self.small)
    var dated = Self.job(1)
    dated.deadline = 100
    scheduler.enqueue(dated, at: 0)
    scheduler.enqueue(Self.job(2, notBefore: 50), at: 0)
    scheduler.lag = 3600
    #expect(scheduler.expired(at: 10) == [dated.id])
    #expect(scheduler.next(at: 10) == nil)
    scheduler.lag = -3600
    #expect(scheduler.expired(at: 200) == [])
    #expect(scheduler.next(at: 200)?.number == 1)
    scheduler.release(dated.id, at: 201)
    #expect(scheduler.next(at: 201)?.number == 2)
  }

  @Test("what fails again and again is left alone for longer and longer")
  func backoff() {
    var backoff = Backoff()
    var times: [Double] = []
    for time in stride(from: 0.0, to: 120, by: 1) where backoff.isDue(at: time) {
      times.append(time)
      backoff.lengthen(at: time)
    }
    #expect(times == [0, 1, 3, 7, 15, 31, 61, 91])
  }

  @Test("shares take turns, however many runs each has, and idling earns nothing")
  func shares() {
    let many = (1...6).map { Self.job($0, share: "a") }
    let few = (7...8).map { Self.job($0, share: "b") }
    #expect(order(many + few) == [1, 7, 2, 8, 3, 4, 5, 6])
    // One that comes after 100 s begins level with the other, which is older and goes first.
    let late = (31...33).map { Self.job($0, share: "b", at: 100) }
    let busy = (1...15).map { Self.job($0, share: "a") }
    let found = order(busy + late)
    let places = [31, 32, 33].compactMap { found.firstIndex(of: $0) }
    #expect(places.count == 3 && places == [11, 13, 15], "\(found)")
  }

  @Test("a run begins only where it fits; small ones pass it for a minute and no longer")
  func memory() {
    let large = Self.job(2, memory: 90)
    let first = Self.job(1, memory: 20)
    #expect(order([first, large, Self.job(3, memory: 20)], lanes: 2) == [1, 3, 2])
    // A stream of small ones, each as long as a minute and a half, begun by turns.
    var jobs = [first, large]
    for number in 3...20 { jobs.append(Self.job(number, at: Double(number) * 10, memory: 20)) }
    let found = order(jobs, lanes: 2, length: 45)
    let place = found.firstIndex(of: 2) ?? 99
    #expect(place <= 4, "\(found)")
    #expect(found.count == 20)
  }

  @Test("threads of all runs stay within the cores; one that asks for more runs alone")
  func threads() {
    var scheduler = Scheduler(capacity: Capacity(lanes: 4, threads: 4, memoryBytes: 100))
    for number in 1...4 { scheduler.enqueue(Self.job(number, threads: 2), at: 0) }
    #expect(scheduler.next(at: 0) != nil && scheduler.next(at: 0) != nil)
    #expect(scheduler.next(at: 0) == nil)
    scheduler.release(Self.id(1), at: 1)
    #expect(scheduler.next(at: 1)?.number == 3)
    var alone = Scheduler(capacity: Self.small)
    alone.enqueue(Self.job(1, threads: 16), at: 0)
    #expect(alone.next(at: 0)?.number == 1)
  }

  @Test("what a key may have at once holds its own runs back, and no others")
  func keyLimits() {
    let (held, free) = (KeyID(trusted: "key_held"), KeyID(trusted: "key_free"))
    func job(_ number: Int, _ key: KeyID, threads: Int = 1) -> QueuedJob {
      var job = Self.job(number, threads: threads)
      job.key = key
      return job
    }
    func begun(_ limits: KeyLimits, _ jobs: [QueuedJob]) -> (Scheduler, [Int]) {
      var scheduler = Scheduler(capacity: Capacity(lanes: 4, threads: 4, memoryBytes: 100))
      scheduler.limits[held] = limits
      for job in jobs { scheduler.enqueue(job, at: 0) }
      var numbers: [Int] = []
      while let job = scheduler.next(at: 0) { numbers.append(job.number) }
      return (scheduler, numbers)
    }
    var (lanes, first) = begun(
      KeyLimits(lanes: 1), [job(1, held), job(2, held), job(3, free), job(4, free)])
    #expect(first == [1, 3, 4])
    lanes.release(Self.id(3), at: 1)
    #expect(lanes.next(at: 1) == nil)
    lanes.release(Self.id(1), at: 2)
    #expect(lanes.next(at: 2)?.number == 2)
    // Two of two threads would be four; one thread more fits, and who asks for more than the limit gets the limit.
    let (_, threads) = begun(
      KeyLimits(threads: 3), [job(1, held, threads: 2), job(2, held, threads: 2), job(3, held)])
    #expect(threads == [1, 3])
    var (alone, wide) = begun(KeyLimits(threads: 2), [job(1, held, threads: 4), job(2, held)])
    #expect(wide == [1])
    alone.release(Self.id(1), at: 1)
    #expect(alone.next(at: 1)?.number == 2)
  }

  @Test("a run begins after those it names, and not before its time")
  func held() {
    let jobs = [Self.job(1, after: [2, 3]), Self.job(2, notBefore: 25), Self.job(3), Self.job(4)]
    #expect(order(jobs) == [3, 4, 2, 1])
  }

  @Test("a run that was removed or changed isn't there twice")
  func changes() {
    var scheduler = Scheduler(capacity: Self.small)
    for number in 1...3 { scheduler.enqueue(Self.job(number), at: 0) }
    #expect(scheduler.remove(Self.id(1))?.number == 1)
    #expect(scheduler.remove(Self.id(1)) == nil)
    scheduler.enqueue(Self.job(3, priority: 5), at: 0)
    #expect(scheduler.next(at: 0)?.number == 3)
    scheduler.release(Self.id(3), at: 1)
    #expect(scheduler.next(at: 1)?.number == 2)
    scheduler.release(Self.id(2), at: 2)
    #expect(scheduler.next(at: 2) == nil)
  }

  @Test("the forecast is what then happens")
  func forecast() {
    var random = SplitMix(state: 7)
    let jobs = (1...300).map { number in
      var job = Self.job(
        number, share: "share \(number % 3)", priority: Int.random(in: -2...2, using: &random),
        memory: Int.random(in: 1...60, using: &random),
        after: number > 20 && number % 7 == 0 ? [number - 20] : [],
        notBefore: number % 11 == 0 ? 500 : 0)
      job.seconds = Double.random(in: 1...100, using: &random).rounded()
      return job
    }
    var simulation = Simulation(Capacity(lanes: 2, threads: 2, memoryBytes: 100))
    for job in jobs { simulation.scheduler.enqueue(job, at: 0) }
    let told = simulation.scheduler.forecast(at: 0, usual: 50, left: [:])
    simulation.scheduler = Scheduler(capacity: simulation.scheduler.capacity)
    simulation.play(jobs.map { .init(job: $0, length: $0.seconds ?? 0) })
    #expect(told.count == 300)
    for (place, id) in simulation.order.enumerated() {
      #expect(told[id]?.position == place)
      #expect(told[id]?.start == simulation.firstStarts[id])
    }
  }

  @Test("10,000 runs of four shares: each class begins within its bound")
  func tenThousand() throws {
    var random = SplitMix(state: 11)
    // Three classes of length, and a share that floods the queue at once.
    let classes: [(share: String, length: Double, every: Double, count: Int)] = [
      ("short", 5, 25, 6_000), ("medium", 60, 300, 500), ("long", 1_200, 6_000, 25),
    ]
    var arrivals: [Simulation.Arrival] = []
    var number = 0
    for (share, length, every, count) in classes {
      var time = 0.0
      for _ in 0..<count {
        number += 1
        time += -every * log(1 - Double.random(in: 0..<1, using: &random))
        arrivals.append(.init(job: Self.job(number, share: share, at: time), length: length))
      }
    }
    while number < 10_000 {
      number += 1
      arrivals.append(.init(job: Self.job(number, share: "flood", at: 1_000), length: 60))
    }
    let shares = Dictionary(uniqueKeysWithValues: arrivals.map { ($0.job.id, $0.job.share) })
    let queued = Dictionary(uniqueKeysWithValues: arrivals.map { ($0.job.id, $0.job.queuedAt) })
    func waits(_ simulation: Simulation, _ share: String) -> [Double] {
      simulation.firstStarts.filter { shares[$0.key] == share }
        .map { $0.value - (queued[$0.key] ?? 0) }.sorted()
    }
    let capacity = Capacity(lanes: 2, threads: 2, memoryBytes: 1 << 20)
    var sliced = Simulation(capacity, slice: 60)
    sliced.play(arrivals)
    #expect(sliced.ends.count == 10_000)
    // Each class asks for a tenth of two lanes, less than a quarter: with slices of 60 s a lane is free every 30 s.
    for (share, bound) in [("short", 120.0), ("medium", 300), ("long", 1_200)] {
      let found = waits(sliced, share)
      let tail = found[found.count * 99 / 100]
      #expect(tail <= bound, "\(share): \(tail) s, at most \(found.last ?? 0) s")
    }
    var whole = Simulation(capacity)
    whole.play(arrivals)
    #expect(whole.ends.count == 10_000)
    // Without slices a short one may have to wait for two long ones.
    let found = waits(whole, "short")
    #expect((found.last ?? 0) <= 2 * 1_200, "\(found.last ?? 0) s")
    #expect(found[found.count / 2] <= 60, "\(found[found.count / 2]) s")
  }

  @Test("each of k busy shares gets its k-th, less a tenth")
  func fairness() {
    var random = SplitMix(state: 3)
    var arrivals: [Simulation.Arrival] = []
    for number in 1...3_000 {
      let share = ["a", "b", "c"][number % 3]
      let length = Double.random(
        in: 1...(share == "a" ? 10 : share == "b" ? 100 : 400), using: &random)
      arrivals.append(.init(job: Self.job(number, share: share), length: length))
    }
    var simulation = Simulation(Capacity(lanes: 2, threads: 2, memoryBytes: 1 << 20))
    // As long as each has work: the one of the short runs has about 5,500 s of it.
    simulation.play(arrivals, until: 7_000)
    let total = simulation.served.values.reduce(0, +)
    for (share, served) in simulation.served {
      #expect(served >= total / 3 * 0.9, "\(share): \(served) of \(total)")
    }
  }

  @Test("1,000 random schedules: nothing is lost, doubled, or beyond what there is")
  func random() {
    for seed in 0..<1_000 {
      var random = SplitMix(state: UInt64(seed))
      let capacity = Capacity(
        lanes: Int.random(in: 1...4, using: &random), threads: 4, memoryBytes: 100)
      var scheduler = Scheduler(capacity: capacity)
      var now = 0.0
      var waiting: Set<RunID> = []
      var over: Set<RunID> = []
      func check() {
        let running = scheduler.running.values.map(\.job)
        #expect(running.count <= capacity.lanes)
        #expect(running.count < 2 || running.reduce(0) { $0 + $1.memoryBytes } <= 100)
        #expect(running.count < 2 || running.reduce(0) { $0 + $1.threads } <= 4)
        #expect(Set(scheduler.jobs.keys) == waiting)
      }
      for number in 0..<60 {
        now += Double.random(in: 0...20, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1, 2:
          let job = Self.job(
            number, share: ["a", "b"][number % 2], priority: Int.random(in: -3...3, using: &random),
            at: now, memory: Int.random(in: 1...100, using: &random),
            threads: Int.random(in: 1...4, using: &random),
            notBefore: Bool.random(using: &random) ? now + 30 : 0)
          scheduler.enqueue(job, at: now)
          waiting.insert(job.id)
        case 3:
          if let id = waiting.sorted(by: { $0.rawValue < $1.rawValue }).first {
            #expect(scheduler.remove(id) != nil)
            waiting.remove(id)
            over.insert(id)
          }
        case 4:
          if let id = scheduler.running.keys.min(by: { $0.rawValue < $1.rawValue }) {
            scheduler.release(id, at: now)
            over.insert(id)
          }
        default:
          if let job = scheduler.next(at: now) {
            #expect(waiting.remove(job.id) != nil)
            #expect(!over.contains(job.id))
          }
        }
        check()
      }
      // All that is left comes to its turn.
      while !scheduler.jobs.isEmpty || !scheduler.running.isEmpty {
        now += 10
        for id in scheduler.running.keys { scheduler.release(id, at: now) }
        while let job = scheduler.next(at: now) { waiting.remove(job.id) }
        check()
        if now > 100_000 { break }
      }
      #expect(waiting.isEmpty, "seed \(seed)")
    }
  }
}
