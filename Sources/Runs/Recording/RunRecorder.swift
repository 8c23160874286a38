import Dispatch
import Foundation
import JSON
import Store
import Synchronization
import Training

/// Takes down what a run does: hears the training thread, writes a few transactions a second.
///
/// The training thread only appends to a batch in memory. A serial queue writes what has gathered,
/// all of it in one transaction, and only then tells the hub. When the store is slower than the
/// training for long, the training waits for it rather than let the batch grow.
final class RunRecorder: TrainingObserver, @unchecked Sendable {
  /// Where a batch goes: the store, which has the hub told once it has committed.
  typealias Sink = @Sendable (RunBatch) throws -> Void

  /// Steps that may wait in memory before the training thread waits for the store.
  private static let longestBacklog = 20_000
  /// Of weights that wait in memory before the next checkpoint waits for them.
  private static let mostCheckpointBytes = 4 << 20

  private let sink: Sink
  private let control: TrainingControl
  private let queue: DispatchQueue
  private let pending = Mutex(Pending())

  private struct Pending {
    var batch = RunBatch()
    var isScheduled = false
    /// Of weights of the checkpoints in `batch` and in what is being written.
    var checkpointBytes = 0
    /// Set when the store refused a batch; the run can't go on.
    var failure: (any Error)?
  }

  // Used on the training thread only, which is why the class may be shared.
  private var composer: RunBatch.Composer

  init(
    sink: @escaping Sink, control: TrainingControl, told: ToldEvents, found: Set<String> = [],
    label: String
  ) {
    self.sink = sink
    self.control = control
    composer = RunBatch.Composer(told: told, found: found)
    queue = DispatchQueue(label: "chainrule.recorder.\(label)", qos: .utility)
  }

  /// Why the store took no more, if it did.
  var failure: (any Error)? { pending.withLock(\.failure) }

  func trainingStarted(_ summary: TrainingSummary) {
    append { composer.start(summary, to: &$0) }
  }

  func stepsTaken(_ block: StepBlock) {
    let backlog = pending.withLock { pending in
      composer.add(block, to: &pending.batch)
      return pending.batch.steps.count
    }
    if backlog > Self.longestBacklog { flush() } else { schedule() }
  }

  func histogramsTaken(_ histograms: [HistogramRecord]) {
    append { composer.add(histograms, to: &$0) }
  }

  func activationsTaken(_ activations: [ActivationRecord]) {
    append { $0.activations += activations }
  }

  func valuesTaken(_ values: [SeriesValue]) { append { composer.add(values, to: &$0) } }

  func epochEnded(_ epoch: EpochRecord) { append { composer.add(epoch, to: &$0) } }

  func evaluated(_ evaluation: EvaluationRecord) { append { composer.add(evaluation, to: &$0) } }

  /// A checkpoint is written beside the training; a large one is waited for by the next, so that memory holds no more.
  func checkpointReached(_ checkpoint: CheckpointRecord) {
    if pending.withLock({ $0.checkpointBytes }) > Self.mostCheckpointBytes { flush() }
    pending.withLock { pending in
      composer.add(checkpoint, to: &pending.batch)
      pending.checkpointBytes += checkpoint.weights.byteCount
    }
    schedule()
  }

  func diagnosed(_ diagnosis: DiagnosisRecord) {
    append { composer.add(diagnosis, to: &$0) }
  }

  func logged(_ record: LogRecord) { append { composer.add(record, to: &$0) } }

  /// Writes what has gathered, and returns when it has committed or failed.
  func flush() { queue.sync { write() } }

  private func append(_ change: (inout RunBatch) -> Void) {
    pending.withLock { change(&$0.batch) }
    schedule()
  }

  private func schedule() {
    let isFirst = pending.withLock { pending in
      defer { pending.isScheduled = true }
      return !pending.isScheduled
    }
    // What gathers within a tenth of a second shares one transaction.
    if isFirst { queue.asyncAfter(deadline: .now() + .milliseconds(100)) { [self] in write() } }
  }

  private func write() {
    let (batch, hasFailed) = pending.withLock { pending in
      pending.isScheduled = false
      let batch = pending.batch
      pending.batch = RunBatch()
      return (batch, pending.failure != nil)
    }
    defer {
      let bytes = batch.checkpoints.reduce(0) { $0 + $1.weights.byteCount }
      pending.withLock { $0.checkpointBytes -= bytes }
    }
    if batch.isEmpty || hasFailed { return }
    do {
      try sink(batch)
    } catch {
      pending.withLock { $0.failure = error }
      control.request(.cancel)
    }
  }
}
