import API
import Access
import Dispatch
import Foundation
import HTTP
import JSON
import Runs
import Store
import Webhooks

/// `chainrule serve`: the server, until SIGTERM or SIGINT.
enum Serve: Command {
  static let name = "serve"
  static let summary = "Serves the API and trains what is queued."
  static var flags: FlagSet { ServeOptions.flags }

  static func run(_ arguments: [String]) async throws {
    let options = try ServeOptions.read(arguments)
    let log = ConsoleLog(isJSON: options.logsJSON)
    let write: @Sendable (String) -> Void = { log.write($0) }
    // From here on a signal ends the server in order, also while it is starting.
    let signals = Signals([SIGTERM, SIGINT])
    let renewals = options.transport.configuration.tls.map { Renewals($0, log: write) }

    let store = try Store(directory: options.data)
    let datasets = try DatasetLibrary(store: store, data: options.data)
    let swept = try await datasets.sweep()
    if swept > 0 { write("removed \(swept) folders that an earlier server left behind") }
    let models = ModelLibrary(store: store, limits: options.limits.documents)
    let keys = try await KeyRing(store: store)
    var runConfiguration = RunServiceConfiguration(
      workers: options.workers, longestQueue: options.limits.longestQueue,
      memoryBytes: options.memory, threads: options.threads, sliceSeconds: options.sliceSeconds,
      stallSeconds: options.stallSeconds, isolatesProcesses: options.isIsolated,
      crashNote: options.data.appending(path: "crash-note"), retention: options.retention)
    runConfiguration.limits = options.limits.documents
    let runs = try RunService(
      store: store, datasets: datasets, models: models, keys: keys,
      configuration: runConfiguration, log: write)
    let service = Service(
      store: store, datasets: datasets, models: models, runs: runs, keys: keys,
      isKeyRequired: options.access.isKeyRequired,
      webhookAddresses: options.access.webhooks,
      securityContact: options.access.securityContact, plotly: options.plotly,
      uploadLimit: options.transport.configuration.bodyBytes, log: write)

    var configuration = options.transport.configuration
    if let socket = ServiceManager.socket() { configuration.listener = .descriptor(socket) }
    let server = Server(
      configuration: configuration, responder: service.responder(origins: options.access.origins))
    let port = try server.start()
    if server.mostConnections < configuration.connections {
      write(
        "the limit of open files allows \(server.mostConnections) connections at once, not "
          + "\(configuration.connections); ulimit -n raises it")
    }
    try await runs.start()
    write(
      "listening on \(configuration.place(port: port)), data in \(options.data.path), workers \(options.workers)"
    )
    ServiceManager.tell("READY=1")

    if options.access.isKeyRequired { try await tellFirstKey(keys) }
    let notes = Task { await keys.keepNotes(write) }
    let dispatcher = WebhookDispatcher(
      store: store, addresses: options.access.webhooks,
      userAgent: "chainrule/\(ServiceVersion.program)", log: write)
    let calls = Task { await dispatcher.run() }

    let signal = await signals.first()
    write("signal \(signal): going down; a second one ends it at once")
    signals.exitOnNext()
    ServiceManager.tell("STOPPING=1")
    renewals?.stop()
    let deadline = DispatchTime.now() + options.drainSeconds
    let isIdle = await runs.drain(deadline: deadline)
    if !isIdle {
      write("some runs didn't come to rest in time; they are queued again at the next start")
    }
    let left = max(
      0.5,
      Double(deadline.uptimeNanoseconds) * 1e-9 - Double(DispatchTime.now().uptimeNanoseconds)
        * 1e-9)
    let isStopped = await server.drain(seconds: left)
    notes.cancel()
    calls.cancel()
    await calls.value
    try? await keys.note()
    write("drained")
    // A daemon with a suspended connection can't be stopped; what must last is on disk.
    if !isStopped || !isIdle { _exit(0) }
  }

  /// Makes the key with which others are made, where there is none, and prints it on standard output: logs are kept and
  /// passed on.
  private static func tellFirstKey(_ keys: KeyRing) async throws {
    if keys.hasAdmin { return }
    let token = try await keys.create(NewKey(name: "first admin key", scopes: [.admin])).token
    let lines = """
      Requests need a key, and there is none yet. This one may do everything; it isn't shown again:

        \(token.text)

      Make others with it:

        curl -H 'Authorization: Bearer …' -H 'Content-Type: application/json' \
          -d '{"name": "…", "scopes": ["read", "write", "train"]}' …/v1/keys

      """
    FileHandle.standardOutput.write(Data((lines + "\n").utf8))
  }
}

/// Signals that a process takes as wishes rather than as its death.
final class Signals: @unchecked Sendable {
  private let sources: [any DispatchSourceSignal]
  private let stream: AsyncStream<Int32>

  init(_ numbers: [Int32]) {
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    self.stream = stream
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(number) }
      source.activate()
      return source
    }
  }

  /// The first of them to come.
  func first() async -> Int32 {
    for await number in stream { return number }
    return 0
  }

  /// Ends the process when another comes.
  func exitOnNext() {
    let stream = stream
    Task { for await number in stream { _exit(128 + number) } }
  }
}

extension ServerConfiguration {
  /// Where clients find the server.
  ///
  /// - Parameter port: the one that was had.
  fileprivate func place(port: Int) -> String {
    let scheme = tls == nil ? "http" : "https"
    return switch listener {
    case .address(let host, _): "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    case .socket(let path): "\(scheme)+unix:\(path)"
    case .descriptor: "\(scheme) on the socket that was handed over"
    }
  }
}
