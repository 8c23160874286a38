import Dispatch

/// Runs handlers on threads of Dispatch's own.
///
/// A handler may wait for the disk. On Swift's shared pool, which has a thread a core, two that wait
/// would hold up every other task of the process; Dispatch adds threads instead.
final class HandlerExecutor: TaskExecutor {
  private let queue = DispatchQueue(
    label: "chainrule.http.handlers", qos: .userInitiated, attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
