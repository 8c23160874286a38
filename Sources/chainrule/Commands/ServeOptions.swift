import Foundation
import JSON
import Runs

/// The flags of `chainrule serve`.
struct ServeOptions: Sendable {
  let transport: TransportFlags
  let data: URL
  let workers: Int
  let threads: Int
  /// `nil` when runs don't give way.
  let sliceSeconds: Double?
  let memory: Int
  let access: AccessFlags
  let logsJSON: Bool
  let limits: LimitFlags
  let retention: RetentionRules
  let isIsolated: Bool
  let drainSeconds: Double
  let stallSeconds: Double
  /// The file of Plotly.js, where there is one.
  let plotly: URL?

  static let flags = FlagSet(
    command: "serve",
    fields: [
      DataFlag.field, workersField, threadsField, preemptField, sliceField, memoryField,
      logField, drainField, stallField, isolationField, plotlyField,
    ] + TransportFlags.fields + LimitFlags.fields + AccessFlags.fields + RetentionFlags.fields)

  private static let machine = MachineLimits()
  /// Four fifths of the memory there is, in MiB.
  private static let standardMemory = max(64, (machine.memoryBytes >> 20) * 4 / 5)

  private static let workersField = Field(
    "workers", .integer(1...256), default: .integer(max(1, machine.cores - 1)),
    "How many runs train at once.")
  private static let threadsField = Field(
    "threads", .integer(1...256), default: .integer(machine.cores),
    "Threads of all runs together; a run that asks for more trains with as many, to the same bits.")
  private static let preemptField = Field(
    "preempt", .boolean, default: false,
    "Whether runs keep their state and give way to others that wait, after slice_seconds.")
  private static let sliceField = Field(
    "slice_seconds", .number(1...86_400), default: 60,
    "How long a run has its lane at least before it gives way; for preempt.")
  private static let memoryField = Field(
    "memory", .described("bytes"), default: .string("\(standardMemory)MiB"),
    "What all runs may hold together: one waits until its part is free, and is refused if it never can be."
  )
  private static let logField = Field(
    "log_format", .choice(["text", "json"]), default: "text",
    "Lines for people, or a JSON object a line, on standard error.")
  private static let isolationField = Field(
    "isolation", .choice(["thread", "process"]), default: "thread",
    "Whether a run trains on a thread of the server or in a process of its own, whose death takes no other."
  )
  private static let drainField = Field(
    "drain_seconds", .number(0...3600), default: 20,
    "How long requests and runs may take to come to rest after SIGTERM or SIGINT.")
  private static let stallField = Field(
    "stall_seconds", .number(0.1...86_400), default: 60,
    "How long a run may go without a step before it is told of as stalled.")

  private static let plotlyField = Field(
    "plotly", .described("a file"),
    "Plotly.js, with which the dashboard draws; share/chainrule/plotly.min.js near the program when left out."
  )

  /// - Throws: `UsageError`.
  static func read(_ arguments: [String]) throws -> ServeOptions {
    try flags.read(arguments) { ServeOptions(&$0) }
  }

  private init(_ reader: inout ObjectReader) {
    transport = TransportFlags(&reader)
    data = DataFlag.folder(&reader)
    workers = reader.integer(ServeOptions.workersField)
    threads = reader.integer(ServeOptions.threadsField)
    let slice = reader.double(ServeOptions.sliceField)
    sliceSeconds = reader.bool(ServeOptions.preemptField) ? slice : nil
    memory = ByteCount.read(ServeOptions.memoryField, &reader)
    access = AccessFlags(
      &reader, isLoopback: transport.isLoopback, isBehindProxy: transport.isBehindProxy)
    logsJSON = reader.choice(ServeOptions.logField) == "json"
    limits = LimitFlags(&reader)
    retention = RetentionFlags.read(&reader)
    isIsolated = reader.choice(ServeOptions.isolationField) == "process"
    drainSeconds = reader.double(ServeOptions.drainField)
    stallSeconds = reader.double(ServeOptions.stallField)
    plotly =
      reader.string(ServeOptions.plotlyField.name).map { URL(filePath: $0) } ?? SharedFile.plotly
    if let plotly, !FileManager.default.isReadableFile(atPath: plotly.path(percentEncoded: false)) {
      reader.fault(ServeOptions.plotlyField.name, "\(plotly.path) can't be read")
    }
  }
}
