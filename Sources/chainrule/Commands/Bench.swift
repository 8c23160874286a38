import Foundation
import JSON
import Training

/// `chainrule bench`: the speed of training steps, through the plan and executor of a run.
enum Bench: Command {
  static let name = "bench"
  static let summary = "Trains a workload's model on made-up data and prints one line of JSON."
  static let flags = FlagSet(command: name, fields: [workload, threads, seconds, observe, explain])

  private static let workload = Field(
    "workload", .described("a file"), isRequired: true, "The workload, as JSON.")
  private static let threads = Field(
    "threads", .integer(TrainingConfiguration.threadCounts), default: 1, "Threads of one step.")
  private static let seconds = Field(
    "seconds", .number(0.1...3600), default: 2, "For how long steps are measured.")
  private static let observe = Field(
    "observe", .boolean, default: false,
    "Also measure steps that record the gradient norms of every parameter.")

  private static let explain = Field(
    "explain", .boolean, default: false,
    "Print the plan instead: each kernel with its FLOPs, bytes and time.")

  static func run(_ arguments: [String]) async throws {
    let (file, options, explains) = try flags.read(arguments) { reader in
      let file = reader.requiredValue(workload.name).flatMap { _ in reader.string(workload.name) }
      let options = Benchmark.Options(
        threads: reader.integer(threads), seconds: reader.double(seconds),
        observes: reader.bool(observe))
      return (file ?? "", options, reader.bool(explain))
    }
    do {
      if explains {
        print(
          try Benchmark.explain(workload: URL(filePath: file), options: options), terminator: "")
      } else {
        print(try Benchmark.run(workload: URL(filePath: file), options: options))
      }
    } catch let error as CocoaError {
      throw CommandFailure("\(file) can't be read: \(error.localizedDescription)")
    } catch let faults as Faults {
      throw CommandFailure(faults.all.map { "\(file): \($0)" }.joined(separator: "\n"))
    }
  }
}
