import CProcess
import Foundation
import Training

/// Trains each run in a process of its own, so that what kills one takes no other and not the server.
///
/// The process is the server's own program with the sub-command `worker`. What it tells is handed to the observer on the
/// calling thread; only the server writes to the store.
struct ProcessExecutor: RunExecutor {
  /// The program to start.
  let program: String
  /// Milliseconds within which a wish reaches the worker.
  private static let pollInterval: Int32 = 50

  func execute(
    _ job: TrainingJob, control: TrainingControl, observer: any TrainingObserver
  ) throws -> Outcome {
    try work(WorkerJob(job, task: .train), control) { message in
      if case .ended(let ending) = message { return ending.outcome }
      try message.tell(observer)
      return nil
    }
  }

  func examine(
    _ job: TrainingJob, step: Int, control: TrainingControl
  ) throws -> ExaminedStep? {
    try work(WorkerJob(job, task: .examine(step: step)), control) { message in
      guard case .examined(let examined) = message else { return nil }
      return .some(try examined?.step())
    }
  }

  /// Has a process carry a job out.
  ///
  /// - Parameter heed: hears each message, until it makes the answer of one.
  private func work<Answer>(
    _ job: WorkerJob, _ control: TrainingControl, heed: (WorkerMessage) throws -> Answer?
  ) throws -> Answer {
    let worker = try WorkerProcess(program: program)
    defer { worker.end() }
    guard worker.input.write(try WorkerChannel.encoded(job)) else {
      throw WorkerError.died(signal: worker.wait())
    }
    var output = worker.output
    var told = TrainingControl.Request.none
    while true {
      let reading = output.receive(wait: Self.pollInterval)
      while let message = try output.next(WorkerMessage.self) {
        control.beat()
        if case .failed(let reason, let title, let detail) = message {
          throw WorkerError.failed(reason, title: title, detail: detail)
        }
        if let answer = try heed(message) { return answer }
      }
      if reading == .end { throw WorkerError.died(signal: worker.wait()) }
      if control.current != told {
        told = control.current
        _ = worker.input.write([UInt8(told.rawValue)])
      }
    }
  }
}

/// A worker with pipes to its standard input and output.
private final class WorkerProcess {
  let input: WorkerChannel
  let output: WorkerChannel
  private let id: pid_t
  private var status: Int32?

  init(program: String) throws {
    var (input, output): (Int32, Int32) = (-1, -1)
    id = worker_spawn(program, "worker", &input, &output)
    guard id > 0 else { throw WorkerError.cannotStart(String(cString: strerror(-id))) }
    self.input = WorkerChannel(file: input)
    self.output = WorkerChannel(file: output)
  }

  /// Waits for the process to end.
  ///
  /// - Returns: the signal that ended it, if one did.
  func wait() -> Int? {
    var found: Int32 = 0
    while status == nil {
      if waitpid(id, &found, 0) == id || errno != EINTR { status = found }
    }
    let signal = Int((status ?? 0) & 0x7F)
    return signal == 0 ? nil : signal
  }

  /// Closes the pipes, which ends a worker that still runs, and takes its status.
  func end() {
    close(input.file)
    close(output.file)
    _ = wait()
  }
}
