import Store

/// Decides which of the waiting runs begins next.
///
/// - Shares take turns: the one that was served least (threads times seconds) is next, and one that had nothing to do
///   gains nothing by it.
/// - Within a share it goes by priority and age: a point of priority is worth ten minutes of waiting, so that nothing
///   waits for ever.
/// - A run begins only with a lane, threads and memory free for it. Smaller runs may pass one that doesn't fit, until it has
///   waited for `patience`; then nothing passes it any more.
/// - One whose key has as many runs or threads at work as it may is passed by others however long that takes.
///
/// A value that is asked with the time: the same calls give the same answers.
struct Scheduler: Sendable {
  /// Seconds for which others may pass a run that doesn't fit.
  static let patience = 60.0
  /// Runs behind one that doesn't fit that are looked at.
  private static let lookahead = 64
  /// Shares that are remembered while they have nothing to do.
  private static let mostShares = 1_000

  let capacity: Capacity

  struct Running: Hashable, Sendable {
    let job: QueuedJob
    let since: Double
    /// Until when its share was charged.
    var chargedAt: Double
  }

  private struct Share {
    /// Threads times seconds, on one clock for all shares.
    var served = 0.0
    /// By rank, the next one last.
    var waiting: [Entry] = []
    var runningCount = 0

    var isActive: Bool { !waiting.isEmpty || runningCount > 0 }
  }

  private struct Entry: Hashable {
    let rank: Double
    let number: Int
    let id: RunID

    static func comesLater(_ one: Entry, _ other: Entry) -> Bool {
      (one.rank, one.number) > (other.rank, other.number)
    }
  }

  private(set) var jobs: [RunID: QueuedJob] = [:]
  private(set) var running: [RunID: Running] = [:]
  private var shares: [String: Share] = [:]
  /// Those that wait for a time or for other runs, and are in no share's list.
  private(set) var held: Set<RunID> = []
  /// Those of them that wait for a time alone.
  private(set) var delayed: Set<RunID> = []
  /// The others, by what they wait for.
  private var dependentsOf: [RunID: Set<RunID>] = [:]
  /// Those that didn't fit when it was their turn.
  private var passed: Set<RunID> = []
  /// Of keys that have any. Set them before their runs are lined up.
  var limits: [KeyID: KeyLimits] = [:]
  /// How far the machine's clock, in which deadlines are told, is ahead of the time that the calls name.
  var lag = 0.0
  /// Grows with every change.
  private(set) var generation = 0

  init(capacity: Capacity) { self.capacity = capacity }

  // MARK: - Changes

  /// Takes a run in, or in anew with other wishes.
  mutating func enqueue(_ job: QueuedJob, at now: Double) {
    _ = remove(job.id)
    jobs[job.id] = job
    generation += 1
    // One that gives its lane up is lined up once it has.
    let mayLineUp = job.after.isEmpty && job.notBefore <= now && running[job.id] == nil
    if mayLineUp {
      line(up: job)
      return
    }
    held.insert(job.id)
    if job.after.isEmpty { delayed.insert(job.id) }
    for needed in job.after { dependentsOf[needed, default: []].insert(job.id) }
  }

  /// Forgets a run that waits.
  mutating func remove(_ id: RunID) -> QueuedJob? {
    guard let job = jobs.removeValue(forKey: id) else { return nil }
    generation += 1
    passed.remove(id)
    delayed.remove(id)
    for needed in job.after {
      dependentsOf[needed]?.remove(id)
      if dependentsOf[needed]?.isEmpty == true { dependentsOf[needed] = nil }
    }
    if held.remove(id) == nil {
      let entry = Entry(rank: job.rank, number: job.number, id: id)
      let place = Self.place(of: entry, in: shares[job.share]?.waiting ?? [])
      if let place { shares[job.share]?.waiting.remove(at: place) }
    }
    return job
  }

  /// A run has ended, paused, or given its lane up: what it held is free.
  mutating func release(_ id: RunID, at now: Double) {
    charge(until: now)
    guard let one = running.removeValue(forKey: id) else { return }
    generation += 1
    shares[one.job.share]?.runningCount -= 1
    // Names of shares are the clients'; those with nothing to do are forgotten when there are many.
    if shares.count > Self.mostShares { shares = shares.filter(\.value.isActive) }
  }

  /// Answers the runs that waited for this one; they wait no more for it.
  mutating func satisfied(_ id: RunID, at now: Double) -> [RunID] {
    let dependents = dependentsOf[id] ?? []
    for dependent in dependents {
      guard var job = jobs[dependent] else { continue }
      job.after.remove(id)
      enqueue(job, at: now)
    }
    return Array(dependents)
  }

  /// The runs that wait and may not begin any more.
  func expired(at now: Double) -> [RunID] {
    jobs.values.filter { $0.isExpired(at: now + lag) }.map(\.id)
  }

  /// The runs that wait for this one.
  func dependents(of id: RunID) -> [RunID] {
    (dependentsOf[id] ?? []).sorted { $0.rawValue < $1.rawValue }
  }

  // MARK: - Choices

  /// The run that begins now, which counts as running from here on; `nil` when none can.
  mutating func next(at now: Double) -> QueuedJob? {
    charge(until: now)
    lineUpDue(at: now)
    guard running.count < capacity.lanes, let id = choice(at: now), let job = remove(id) else {
      return nil
    }
    running[id] = Running(job: job, since: now, chargedAt: now)
    shares[job.share]?.runningCount += 1
    return job
  }

  /// The run that should give its lane up to one that waits: the one that has had its lane longest, and for a slice at least.
  func victim(at now: Double, slice: Double) -> RunID? {
    guard running.count >= capacity.lanes,
      shares.values.contains(where: { $0.waiting.contains(where: mayBegin) }),
      let longest = running.values.min(by: { ($0.since, $0.job.number) < ($1.since, $1.job.number) }
      ),
      now - longest.since >= slice
    else { return nil }
    return longest.job.id
  }

  private mutating func choice(at now: Double) -> RunID? {
    let active = shares.filter { !$0.value.waiting.isEmpty }
    let order = active.sorted { one, other in
      if one.value.served != other.value.served { return one.value.served < other.value.served }
      return Entry.comesLater(
        other.value.waiting[other.value.waiting.count - 1],
        one.value.waiting[one.value.waiting.count - 1])
    }
    // What was passed for too long goes before all, and nothing passes it any more.
    let overdue = order.compactMap { $0.value.waiting.last }.filter { entry in
      passed.contains(entry.id) && mayBegin(entry)
        && jobs[entry.id].map { now - $0.queuedAt > Self.patience && !$0.isExpired(at: now + lag) }
          ?? false
    }
    if let first = overdue.min(by: { Entry.comesLater($1, $0) }), let job = jobs[first.id] {
      return fits(job) ? job.id : nil
    }
    for (_, share) in order {
      for entry in share.waiting.suffix(Self.lookahead).reversed() {
        guard let job = jobs[entry.id], !job.isExpired(at: now + lag), mayBegin(entry) else {
          continue
        }
        if fits(job) { return job.id }
        passed.insert(job.id)
      }
    }
    return nil
  }

  /// Whether the limits of its key, if it has any, let a run begin.
  private func mayBegin(_ entry: Entry) -> Bool {
    guard !limits.isEmpty, let job = jobs[entry.id], let key = job.key, let limit = limits[key]
    else { return true }
    let own = running.values.filter { $0.job.key == key }
    if own.isEmpty { return true }
    if let lanes = limit.lanes, own.count >= lanes { return false }
    guard let most = limit.threads else { return true }
    let threads = own.reduce(0) { $0 + min($1.job.threads, capacity.threads) }
    return threads + min(job.threads, most, capacity.threads) <= most
  }

  private func fits(_ job: QueuedJob) -> Bool {
    // Alone anything may run: what never fits was refused when it came.
    if running.isEmpty { return true }
    let threads = running.values.reduce(0) { $0 + min($1.job.threads, capacity.threads) }
    let memory = running.values.reduce(0) { $0 + $1.job.memoryBytes }
    return threads + min(job.threads, capacity.threads) <= max(capacity.threads, capacity.lanes)
      && memory + job.memoryBytes <= capacity.memoryBytes
  }

  /// How many of its share wait before a run, where but one share has runs that wait.
  func positionInOnlyShare(of id: RunID) -> Int? {
    let active = shares.values.filter { !$0.waiting.isEmpty }
    guard active.count == 1, let job = jobs[id] else { return nil }
    let entry = Entry(rank: job.rank, number: job.number, id: id)
    return Self.place(of: entry, in: active[0].waiting).map { active[0].waiting.count - 1 - $0 }
  }

  // MARK: - Lists

  private mutating func line(up job: QueuedJob) {
    if shares[job.share]?.isActive != true {
      // Who had nothing to do begins where the one served least stands.
      let least = shares.values.filter(\.isActive).map(\.served).min()
      let own = shares[job.share]?.served ?? 0
      shares[job.share, default: Share()].served = max(own, least ?? own)
    }
    let entry = Entry(rank: job.rank, number: job.number, id: job.id)
    let place = Self.insertion(of: entry, in: shares[job.share]?.waiting ?? [])
    shares[job.share]?.waiting.insert(entry, at: place)
  }

  /// Lines up those whose time has come.
  private mutating func lineUpDue(at now: Double) {
    for id in delayed {
      guard let job = jobs[id], job.notBefore <= now, running[id] == nil else { continue }
      held.remove(id)
      delayed.remove(id)
      generation += 1
      line(up: job)
    }
  }

  private mutating func charge(until now: Double) {
    for (id, one) in running where now > one.chargedAt {
      shares[one.job.share]?.served += (now - one.chargedAt) * Double(one.job.threads)
      running[id]?.chargedAt = now
    }
  }

  private static func insertion(of entry: Entry, in list: [Entry]) -> Int {
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if Entry.comesLater(list[middle], entry) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func place(of entry: Entry, in list: [Entry]) -> Int? {
    let place = insertion(of: entry, in: list)
    return place < list.count && list[place] == entry ? place : nil
  }
}
