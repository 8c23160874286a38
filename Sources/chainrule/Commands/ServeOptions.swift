import Foundation
import JSON
import Runs

/// The flags of `chainrule serve`.
struct ServeOptions: Sendable {
  let host: String
  let port: UInt16
  let data: URL
  let workers: Int
  let threads: Int
  /// `nil` when runs don't give way.
  let sliceSeconds: Double?
  let memory: Int
  let uploadLimit: Int
  let isBehindProxy: Bool
  let access: AccessFlags
  let logsJSON: Bool
  let retention: RetentionRules
  let isIsolated: Bool
  let drainSeconds: Double
  let stallSeconds: Double

  static let flags = FlagSet(
    command: "serve",
    fields: [
      hostField, portField, DataFlag.field, workersField, threadsField, preemptField, sliceField,
      memoryField, uploadField, proxyField,
      logField, drainField, stallField, isolationField,
    ] + AccessFlags.fields + RetentionFlags.fields)

  private static let machine = MachineLimits()
  /// Four fifths of the memory there is, in MiB.
  private static let standardMemory = max(64, (machine.memoryBytes >> 20) * 4 / 5)

  private static let hostField = Field(
    "host", .described("an address"), default: "127.0.0.1", "The address to listen on.")
  private static let portField = Field(
    "port", .integer(0...65_535), default: 8080, "The port to listen on; 0 for any that is free.")
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
  private static let uploadField = Field(
    "max_upload", .described("bytes"), default: "64GiB", "How large an uploaded body may be.")
  private static let proxyField = Field(
    "behind_proxy", .boolean, default: false,
    "A reverse proxy with TLS stands in front; without it only loopback is listened on.")
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

  /// - Throws: `UsageError`.
  static func read(_ arguments: [String]) throws -> ServeOptions {
    let options = try flags.read(arguments) { ServeOptions(&$0) }
    guard options.isBehindProxy || isLoopback(options.host) else {
      throw UsageError(
        "--host: \(options.host) is not loopback, and the server speaks no TLS; put a reverse proxy "
          + "in front and say --behind-proxy")
    }
    return options
  }

  private init(_ reader: inout ObjectReader) {
    func text(_ field: Field) -> String {
      reader.string(field.name) ?? field.defaultValue?.string ?? ""
    }
    host = text(ServeOptions.hostField)
    port = UInt16(reader.integer(ServeOptions.portField))
    data = DataFlag.folder(&reader)
    workers = reader.integer(ServeOptions.workersField)
    threads = reader.integer(ServeOptions.threadsField)
    let slice = reader.double(ServeOptions.sliceField)
    sliceSeconds = reader.bool(ServeOptions.preemptField) ? slice : nil
    memory = ByteCount.read(ServeOptions.memoryField, &reader)
    uploadLimit = ByteCount.read(ServeOptions.uploadField, &reader)
    isBehindProxy = reader.bool(ServeOptions.proxyField)
    access = AccessFlags(
      &reader, isLoopback: ServeOptions.isLoopback(host), isBehindProxy: isBehindProxy)
    logsJSON = reader.choice(ServeOptions.logField) == "json"
    retention = RetentionFlags.read(&reader)
    isIsolated = reader.choice(ServeOptions.isolationField) == "process"
    drainSeconds = reader.double(ServeOptions.drainField)
    stallSeconds = reader.double(ServeOptions.stallField)
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }
}
