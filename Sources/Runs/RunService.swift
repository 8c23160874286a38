import Access
import Dispatch
import Foundation
import JSON
import Store
import Synchronization
import Training

/// Runs, from the request to the weights: the queue, the lanes that train, and what clients ask.
public final class RunService: Sendable {
  let store: Store
  let datasets: DatasetLibrary
  let splits: SplitLibrary
  let models: ModelLibrary
  /// Whose quotas runs heed; `nil` where there are no keys.
  let keys: KeyRing?
  let configuration: RunServiceConfiguration
  let hub: ProgressHub
  let executor: any RunExecutor
  let log: @Sendable (String) -> Void

  /// The runs that train now.
  let active = Mutex<[RunID: TrainingControl]>([:])
  let watchdog: Mutex<Watchdog>
  let scheduler: Mutex<Scheduler>
  let forecasts = Mutex(Forecasts())
  /// Those that are over, or to be tried again, and stand as `running` since the store couldn't be written.
  let stranded = Mutex<[(run: RunRecord, error: any Error)]>([])
  let strandedBackoff = Mutex(Backoff())
  /// Those that were asked to pause so that others get their turn.
  let givingWay = Mutex<Set<RunID>>([])
  let gradientCheckWork = BlockingWork(
    label: "gradient-check", concurrent: RunService.gradientChecks.concurrent,
    waiting: RunService.gradientChecks.waiting)
  let preflightWork = BlockingWork(
    label: "preflight", concurrent: RunService.preflights.concurrent,
    waiting: RunService.preflights.waiting)
  /// Files of weights are decoded one after the other.
  let initialWeightsWork = BlockingWork(
    label: "initial-weights", concurrent: 1, waiting: RunService.waitingWeights)
  let archiveWork = BlockingWork(
    label: "archive", concurrent: RunService.archives.concurrent,
    waiting: RunService.archives.waiting)
  /// Archives come in one after the other.
  let imports = AsyncSemaphore(1)
  /// Sweeps are checked one after the other, so that other requests have the rest of the threads.
  let sweeps = AsyncSemaphore(1)
  let recordedSteps = Atomic<Int>(0)
  private let isDraining = Atomic<Bool>(false)
  private let isStarted = Atomic<Bool>(false)
  private let pool = Mutex<WorkerPool?>(nil)
  let watch = Mutex<(any DispatchSourceTimer)?>(nil)
  /// What documents of clients may ask for.
  public var limits: DocumentLimits { configuration.limits }
  /// What runs of some shape will hold, in bytes.
  let plannedMemory = Mutex(Recent<JSON, Int>(capacity: 64))
  /// Requests of runs by their text, as they are stored.
  let requests = Mutex(Recent<String, JSON>(capacity: 64))
  public let housekeeping: Housekeeping

  /// - Throws: `StoreError` when the store can't be read.
  public convenience init(
    store: Store, datasets: DatasetLibrary, models: ModelLibrary, keys: KeyRing? = nil,
    configuration: RunServiceConfiguration = RunServiceConfiguration(),
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    try self.init(
      store: store, datasets: datasets, models: models, keys: keys,
      configuration: configuration,
      executor: configuration.isolatesProcesses
        ? ProcessExecutor(program: "/proc/self/exe") : LocalExecutor(), log: log)
  }

  init(
    store: Store, datasets: DatasetLibrary, models: ModelLibrary, keys: KeyRing? = nil,
    configuration: RunServiceConfiguration, executor: any RunExecutor,
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    self.store = store
    self.datasets = datasets
    splits = SplitLibrary(datasets: datasets)
    self.models = models
    self.keys = keys
    self.configuration = configuration
    self.log = log
    self.executor = executor
    housekeeping = Housekeeping(
      store: store, datasets: datasets, rules: configuration.retention, log: log)
    watchdog = Mutex(Watchdog(stallSeconds: configuration.stallSeconds))
    scheduler = Mutex(
      Scheduler(
        capacity: Capacity(
          lanes: configuration.workers, threads: configuration.threads,
          memoryBytes: configuration.memoryBytes)))
    hub = ProgressHub(lastID: try store.events.lastID())
  }

  /// Queues again what a server that is no more was running, and begins to train.
  public func start() async throws {
    let queued = try store.runs.all(in: .queued)
    for run in queued { enqueue(run) }
    for run in queued { settleDependencies(of: run) }
    try recover()
    let workers = WorkerPool(lanes: configuration.workers) { [weak self] in
      self?.nextWork()
    }
    pool.withLock { $0 = workers }
    isStarted.store(true, ordering: .releasing)
    workers.wake()
    startWatching()
  }

  /// Whether runs are taken: started, and not going down.
  public var isReady: Bool {
    isStarted.load(ordering: .acquiring) && !isDraining.load(ordering: .acquiring)
  }

  public var laneCount: Int { configuration.workers }
  /// Steps written to the store since the server began.
  public var stepsRecorded: Int { recordedSteps.load(ordering: .relaxed) }
  public var busyWorkers: Int { pool.withLock { $0?.busyLaneCount ?? 0 } }

  func wakeLanes() { pool.withLock { $0 }?.wake() }

  /// Ends in order: takes no more work, has running runs keep their state, ends every event stream.
  ///
  /// - Returns: whether everything came to rest before the deadline.
  @discardableResult
  public func drain(deadline: DispatchTime) async -> Bool {
    isDraining.store(true, ordering: .releasing)
    let workers = pool.withLock { $0 }
    workers?.close()
    for control in active.withLock({ Array($0.values) }) { control.request(.pause) }
    let isIdle = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: workers?.waitUntilIdle(deadline: deadline) ?? true)
      }
    }
    stopWatching()
    await housekeeping.stop()
    hub.close()
    return isIdle
  }

  var isGoingDown: Bool { isDraining.load(ordering: .acquiring) }
}
