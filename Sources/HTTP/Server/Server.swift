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
  let hosts: HostGuard
  let executor = HandlerExecutor()
  private let streams = Mutex<[ObjectIdentifier: OutgoingStream]>([:])
  private let isDraining = Atomic<Bool>(false)
  private let librarysLimit = Atomic<Int>(0)
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
    hosts = HostGuard(allowed: configuration.allowedHosts.map { Set($0.map { $0.lowercased() }) })
  }

  /// Of libmicrohttpd, as it is loaded.
  public static var libraryVersion: String { String(cString: MHD_get_version()) }

  public var openConnections: Int { connections.count }
  /// Connections at once: those of the configuration, or as many as the limit of open files allows.
  public var mostConnections: Int { connections.limit.load(ordering: .relaxed) }
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
    try configuration.tls?.load()
    let all = try FileDescriptors.connections(of: configuration.connections + Self.mostRefused)
    let refused = max(2, min(Self.mostRefused, all / 8))
    connections.limit.store(min(configuration.connections, all - refused), ordering: .relaxed)
    librarysLimit.store(all, ordering: .relaxed)
    chainrule_set_panic()
    let handle = try listen()
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

  /// Connections that the library takes beyond the limit, to be told that they are too many; others wait.
  private static let mostRefused = 64

  private func listen() throws -> DaemonHandle {
    switch configuration.listener {
    case .address(let host, let port):
      var address = try ListenAddress(host: host, port: port)
      return try address.withPointer { pointer, isIPv6 in
        let option = MHD_OptionItem(option: MHD_OPTION.SOCK_ADDR, value: 0, ptr_value: pointer)
        return try startDaemon(option, on: "\(host):\(port)", isIPv6: isIPv6)
      }
    case .socket(let path):
      let descriptor = try ListeningSocket.make(at: path)
      return try startDaemon(listening(descriptor), on: path)
    case .descriptor(let descriptor):
      return try startDaemon(listening(descriptor), on: "the socket \(descriptor) it was given")
    }
  }

  private func listening(_ descriptor: Int32) -> MHD_OptionItem {
    MHD_OptionItem(option: MHD_OPTION.LISTEN_SOCKET, value: Int(descriptor), ptr_value: nil)
  }

  private func startDaemon(
    _ listener: MHD_OptionItem, on place: String, isIPv6: Bool = false
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
      number(MHD_OPTION.CONNECTION_LIMIT, librarysLimit.load(ordering: .relaxed)),
      number(MHD_OPTION.CONNECTION_MEMORY_LIMIT, configuration.connectionMemory),
      number(MHD_OPTION.CONNECTION_TIMEOUT, configuration.idleSeconds),
      number(MHD_OPTION.LISTEN_BACKLOG_SIZE, 1024),
      number(MHD_OPTION.STRICT_FOR_CLIENT, 1),
      listener,
      callback(MHD_OPTION.UNESCAPE_CALLBACK, Callbacks.unescape),
      callback(MHD_OPTION.URI_LOG_CALLBACK, Callbacks.target),
      callback(MHD_OPTION.NOTIFY_COMPLETED, Callbacks.completed),
      callback(MHD_OPTION.NOTIFY_CONNECTION, Callbacks.connection),
    ]
    if configuration.tls != nil {
      options.append(
        MHD_OptionItem(
          option: MHD_OPTION.HTTPS_CERT_CALLBACK, value: 0,
          ptr_value: UnsafeMutableRawPointer(bitPattern: Callbacks.certificate)))
    }
    options.append(number(MHD_OPTION.END, 0))
    var flags = MHD_USE_EPOLL.rawValue | MHD_USE_INTERNAL_POLLING_THREAD.rawValue
    flags |= MHD_ALLOW_SUSPEND_RESUME.rawValue
    if isIPv6 { flags |= MHD_USE_IPv6.rawValue }
    if configuration.tls != nil { flags |= MHD_USE_TLS.rawValue }
    let pointer = options.withUnsafeMutableBufferPointer { buffer -> OpaquePointer? in
      guard let base = buffer.baseAddress else { return nil }
      return TLSFiles.priorities.withCString { priorities in
        var arguments: [any CVarArg] = [Int32(MHD_OPTION.ARRAY.rawValue), base]
        if configuration.tls != nil {
          arguments += [Int32(MHD_OPTION.HTTPS_PRIORITIES.rawValue), priorities]
        }
        arguments.append(Int32(MHD_OPTION.END.rawValue))
        return withVaList(arguments) { list in
          MHD_start_daemon_va(flags, 0, nil, nil, Callbacks.access, context, list)
        }
      }
    }
    guard let pointer else {
      retained.release()
      throw ServerError("can't listen on \(place): \(String(cString: strerror(errno)))")
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
        if case .socket(let path) = self.configuration.listener { unlink(path) }
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
