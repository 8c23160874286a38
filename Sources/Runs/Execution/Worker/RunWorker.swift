import Dispatch
import Foundation
import JSON
import Training

/// The other end of a `ProcessExecutor`: a process that trains one run and tells of it.
///
/// Reads the job from standard input, then wishes, a byte each; writes messages to standard output. Its end of input is
/// its own end: no worker outlives its server.
public enum RunWorker {
  /// How often it says that it goes on, in seconds.
  private static let beatInterval = 0.5
  /// Bytes that a process takes beside what its run was planned to hold.
  private static let processBytes = 512 << 20

  /// Trains, and ends the process.
  public static func main() -> Never {
    var input = WorkerChannel(file: STDIN_FILENO)
    // Whatever else prints must not stand between the messages.
    let output = WorkerChannel(file: dup(STDOUT_FILENO))
    dup2(STDERR_FILENO, STDOUT_FILENO)
    guard let job = job(&input) else { _exit(2) }
    limitMemory(job.origin.runBytes)
    let control = TrainingControl()
    let teller = Teller(output)
    // Wishes may have come with the job.
    for byte in input.rest { hear(byte, control) }
    listen(to: input.file, control)
    let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "chainrule.beat"))
    nonisolated(unsafe) var beats = 0
    timer.schedule(deadline: .now() + beatInterval, repeating: beatInterval)
    timer.setEventHandler {
      if control.beats != beats { teller.tell(.beat) }
      beats = control.beats
    }
    timer.activate()
    do {
      switch job.task {
      case .train:
        let outcome = try LocalExecutor().execute(
          training(job), control: control, observer: teller)
        teller.tell(.ended(WorkerMessage.Ending(outcome)))
      case .examine(let step):
        let examined = try LocalExecutor().examine(
          training(job).beginning(at: nil), step: step, control: control)
        teller.tell(.examined(try examined.map(WorkerMessage.Examined.init)))
      }
    } catch {
      let (reason, title) = RunService.fault(of: error)
      teller.tell(.failed(reason: reason, title: title, detail: "\(error)"))
    }
    _exit(0)
  }

  private static func job(_ input: inout WorkerChannel) -> WorkerJob? {
    while true {
      if let job = try? input.next(WorkerJob.self) { return job }
      if input.receive(wait: -1) == .end { return nil }
    }
  }

  private static func training(_ job: WorkerJob) throws -> TrainingJob {
    try TrainingJob(
      job.origin, RunRequest(JSON(parsing: job.origin.request)),
      initialWeights: job.initialWeights.map {
        Weights(try WeightsFile.safetensors.decoded([UInt8]($0)), isPartial: job.isPartial)
      },
      resuming: job.resuming.map { try CheckpointState(decoding: [UInt8]($0)) },
      maximumSeconds: job.maximumSeconds, lastStep: job.lastStep)
  }

  private static func listen(to file: Int32, _ control: TrainingControl) {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(file, &byte, 1)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { _exit(3) }
        hear(byte, control)
      }
    }
  }

  private static func hear(_ byte: UInt8, _ control: TrainingControl) {
    if let wish = TrainingControl.Request(rawValue: Int(byte)) { control.request(wish) }
  }

  /// Memory beyond what the run was planned to hold, and some, is refused to the process, which then ends; the server goes
  /// on.
  private static func limitMemory(_ planned: Int) {
    let bytes = planned * 5 / 4 + processBytes
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
    setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
  }

  /// Writes what the trainer tells.
  private final class Teller: TrainingObserver, @unchecked Sendable {
    private let channel: WorkerChannel
    private let lock = NSLock()

    init(_ channel: WorkerChannel) { self.channel = channel }

    func tell(_ message: WorkerMessage) {
      lock.withLock {
        // Without a server there is nobody to train for.
        guard let bytes = try? WorkerChannel.encoded(message), channel.write(bytes) else {
          _exit(4)
        }
      }
    }

    func trainingStarted(_ summary: TrainingSummary) { tell(.started(summary)) }
    func stepsTaken(_ block: StepBlock) { tell(.steps(block)) }
    func histogramsTaken(_ histograms: [HistogramRecord]) {
      tell(.histograms(histograms.map(WorkerMessage.Histogram.init)))
    }
    func activationsTaken(_ activations: [ActivationRecord]) { tell(.activations(activations)) }
    func valuesTaken(_ values: [SeriesValue]) { tell(.values(values)) }
    func epochEnded(_ epoch: EpochRecord) { tell(.epoch(epoch)) }
    func evaluated(_ evaluation: EvaluationRecord) { tell(.evaluated(evaluation)) }
    func checkpointReached(_ checkpoint: CheckpointRecord) {
      guard let message = try? WorkerMessage.Checkpoint(checkpoint) else { _exit(5) }
      tell(.checkpoint(message))
    }
    func logged(_ record: LogRecord) { tell(.logged(record)) }
    func diagnosed(_ diagnosis: DiagnosisRecord) {
      tell(
        .diagnosed(
          step: diagnosis.step, findings: diagnosis.findings.map { "\($0.json)" },
          vanishingIndex: diagnosis.vanishingIndex))
    }
  }
}
