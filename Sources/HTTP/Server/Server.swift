import CMicroHTTPD
import Dispatch
import Foundation
import Synchronization

/// An HTTP/1.1 server over libmicrohttpd.
///
/// The library's threads only copy bytes; handlers run as tasks on threads of their own.
public final class Server: @unchecked Sendable {
  public let configuration: ServerConfiguration
  let responder: any Responder
  let connections: ConnectionTable
  let exchanges = ExchangeCount()
  let executor = HandlerExecutor()
  private let streams = Mutex<[ObjectIdentifier: OutgoingStream]>([:])
  private let isDraining = Atomic<Bool>(false)
  private let connectionLimit: Atomic<Int>
  // Set by `start()`, taken by `drain(seconds:)`.
  private let daemon = Mutex<DaemonHandle?>(nil)
  private let timer = Mutex<(any DispatchSourceTimer)?>(nil)

  private struct DaemonHandle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  public init(configuration: ServerConfiguration = ServerConfiguration(), responder: any Responder)
  {
    self.configuration = configuration
    self.responder = responder
    connections = ConnectionTable(configuration: configuration)
    connectionLimit = Atomic(configuration.connections)
  }

  public var openConnections: Int { connections.count }
  /// Connections at once: those of the configuration, or as many as the limit of open files allows.
  public var mostConnections: Int { connectionLimit.load(ordering: .relaxed) }
  public var openStreams: Int { streams.withLock(\.count) }
  /// Event streams at once.
  var mostStreams: Int { min(configuration.streams, mostConnections / 2) }
  /// Whether another event stream may be opened.
  public var hasRoomForStreams: Bool { openStreams < mostStreams }

  func add(_ stream: OutgoingStream) {
    streams.withLock { $0[ObjectIdentifier(stream)] = stream }
    if isDraining.load(ordering: .sequentiallyConsistent) { stream.close() }
  }

  func remove(_ stream: OutgoingStream) {
    _ = streams.withLock { $0.removeValue(forKey: ObjectIdentifier(stream)) }
  }

  /// Begins to listen; answers the port.
  ///
  /// - Throws: `ServerError` when the address can't be had.
  public func start() throws -> Int {
    signal(SIGPIPE, SIG_IGN)
    let connections = try FileDescriptors.connections(of: configuration.connections)
    connectionLimit.store(connections, ordering: .relaxed)
    chainrule_set_panic()
    var address = try ListenAddress(host: configuration.host, port: configuration.port)
    let handle = try address.withPointer { socketAddress, isIPv6 in
      try startDaemon(socketAddress, isIPv6: isIPv6)
    }
    let port = Int(chainrule_daemon_port(handle.pointer))
    daemon.withLock { $0 = handle }
    // Made only now: one that is let go of before it runs ends the process.
    timer.withLock { timer in
      let source = DispatchSource.makeTimerSource(
        queue: DispatchQueue(label: "chainrule.http.timer"))
      source.schedule(deadline: .now() + 1, repeating: 1)
      source.setEventHandler { [weak self] in self?.tick() }
      source.resume()
      timer = source
    }
    return port
  }

  private func startDaemon(
    _ address: UnsafeMutableRawPointer, isIPv6: Bool
  ) throws -> DaemonHandle {
    // The daemon holds on to its server until it is stopped.
    let retained = Unmanaged.passRetained(self)
    let context = retained.toOpaque()
    func number(_ option: MHD_OPTION, _ value: Int) -> MHD_OptionItem {
      MHD_OptionItem(option: option, value: value, ptr_value: nil)
    }
    func callback(_ option: MHD_OPTION, _ function: Int) -> MHD_OptionItem {
      MHD_OptionItem(option: option, value: function, ptr_value: context)
    }
    var options = [
      number(MHD_OPTION.THREAD_POOL_SIZE, 2),
      number(MHD_OPTION.CONNECTION_LIMIT, mostConnections),
      number(MHD_OPTION.CONNECTION_MEMORY_LIMIT, configuration.connectionMemory),
      number(MHD_OPTION.CONNECTION_TIMEOUT, configuration.idleSeconds),
      number(MHD_OPTION.LISTEN_BACKLOG_SIZE, 1024),
      number(MHD_OPTION.STRICT_FOR_CLIENT, 1),
      MHD_OptionItem(option: MHD_OPTION.SOCK_ADDR, value: 0, ptr_value: address),
      callback(MHD_OPTION.UNESCAPE_CALLBACK, Callbacks.unescape),
      callback(MHD_OPTION.URI_LOG_CALLBACK, Callbacks.target),
      callback(MHD_OPTION.NOTIFY_COMPLETED, Callbacks.completed),
      callback(MHD_OPTION.NOTIFY_CONNECTION, Callbacks.connection),
      number(MHD_OPTION.END, 0),
    ]
    var flags = MHD_USE_EPOLL.rawValue | MHD_USE_INTERNAL_POLLING_THREAD.rawValue
    flags |= MHD_ALLOW_SUSPEND_RESUME.rawValue
    if isIPv6 { flags |= MHD_USE_IPv6.rawValue }
    let port = UInt16(configuration.port)
    let pointer = options.withUnsafeMutableBufferPointer { buffer -> OpaquePointer? in
      guard let base = buffer.baseAddress else { return nil }
      let arguments: [any CVarArg] = [
        Int32(MHD_OPTION.ARRAY.rawValue), base, Int32(MHD_OPTION.END.rawValue),
      ]
      return withVaList(arguments) { list in
        MHD_start_daemon_va(flags, port, nil, nil, Callbacks.access, context, list)
      }
    }
    guard let pointer else {
      retained.release()
      throw ServerError(
        "can't listen on \(configuration.host):\(configuration.port): \(String(cString: strerror(errno)))"
      )
    }
    return DaemonHandle(pointer: pointer)
  }

  private func tick() {
    let now = ContinuousClock.now
    connections.reap(now: now)
    for stream in streams.withLock({ Array($0.values) }) { stream.tick(now) }
  }

  /// Takes no more connections, lets what is under way end, ends the streams, and stops.
  ///
  /// - Returns: whether the daemon could be stopped. It can't be while a connection is suspended; then
  ///   the process may only exit.
  @discardableResult
  public func drain(seconds: Double) async -> Bool {
    guard let handle = daemon.withLock({ $0.take() }) else { return true }
    isDraining.store(true, ordering: .sequentiallyConsistent)
    let socket = MHD_quiesce_daemon(handle.pointer)
    for stream in streams.withLock({ Array($0.values) }) { stream.close() }
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !exchanges.sealIfIdle(), .now < deadline {
      try? await Task.sleep(for: .milliseconds(20))
    }
    timer.withLock { $0?.cancel() }
    guard exchanges.seal() else { return false }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        MHD_stop_daemon(handle.pointer)
        Unmanaged.passUnretained(self).release()
        if socket >= 0 { close(socket) }
        continuation.resume()
      }
    }
    return true
  }
}

/// Why a server couldn't begin.
public struct ServerError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
