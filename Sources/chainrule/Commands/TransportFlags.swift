import Foundation
import HTTP
import JSON

/// The flags of `chainrule serve` that say where it listens, to whom, and how much it takes.
struct TransportFlags: Sendable {
  let configuration: ServerConfiguration
  /// Whether only this machine reaches the server's own address.
  let isLoopback: Bool

  static let fields = [
    hostField, portField, socketField, certificateField, keyField, proxyField, trustedField,
    hostsField, connectionsField, perClientField, streamsField, headerBytesField, uploadField,
    headerSecondsField, idleField, slowestField, bodySecondsField,
  ]
  private static let standard = ServerConfiguration()

  private static let hostField = Field(
    "host", .described("an address"), default: "127.0.0.1", "The address to listen on.")
  private static let portField = Field(
    "port", .integer(0...65_535), default: 8080, "The port to listen on; 0 for any that is free.")
  private static let socketField = Field(
    "socket", .described("a path"),
    "A Unix-domain socket to listen on in place of a port; its file is made for the user and the group."
  )
  private static let certificateField = Field(
    "tls_certificate", .described("a file"),
    "The server's certificate chain as PEM: TLS 1.2 and 1.3 alone are spoken then. SIGHUP has it read again."
  )
  private static let keyField = Field(
    "tls_key", .described("a file"), "The certificate's private key as PEM.")
  private static let proxyField = Field(
    "behind_proxy", .boolean, default: false,
    "A reverse proxy with TLS stands in front; without it or TLS only loopback is listened on.")
  private static let trustedField = Field(
    "trusted_proxies", .described("addresses"),
    "Proxies whose X-Forwarded-For and -Proto are believed, such as 10.0.0.0/8,::1; none by default."
  )
  private static let hostsField = Field(
    "allowed_hosts", .described("names"),
    "Names under which requests may come, with commas between; on loopback its own by default, elsewhere any."
  )
  private static let connectionsField = Field(
    "max_connections", .integer(8...1_000_000), default: .integer(standard.connections),
    "Connections at once; one more is answered 503.")
  private static let perClientField = Field(
    "max_connections_per_client", .integer(0...1_000_000),
    default: .integer(standard.connectionsPerClient ?? 0),
    "Connections of one address, but this machine's and trusted proxies'; one more is answered 429; 0 for no limit."
  )
  private static let streamsField = Field(
    "max_streams", .integer(1...1_000_000), default: .integer(standard.streams),
    "Event streams at once, half of the connections at most; one more is answered 503.")
  private static let headerBytesField = Field(
    "max_header_bytes", .described("bytes"), default: "16KiB",
    "Of a request's line and headers; larger ones are answered 431.")
  private static let uploadField = Field(
    "max_upload", .described("bytes"), default: "64GiB", "How large an uploaded body may be.")
  private static let headerSecondsField = Field(
    "header_seconds", .number(1...3600), default: .number(standard.headerSeconds),
    "How long the headers of a connection's first request may take.")
  private static let idleField = Field(
    "idle_seconds", .integer(1...86_400), default: .integer(standard.idleSeconds),
    "After how long without a byte a connection is closed.")
  private static let slowestField = Field(
    "slowest_body", .number(0...1e9), default: .number(standard.slowestBody),
    "Bytes a second that a body must bring on average after its first 30 seconds.")
  private static let bodySecondsField = Field(
    "body_seconds", .number(1...604_800), default: .number(standard.bodySeconds),
    "How long a body may take in all.")

  init(_ reader: inout ObjectReader) {
    var configuration = ServerConfiguration()
    let host = reader.string(Self.hostField.name) ?? Self.hostField.defaultValue?.string ?? ""
    let port = reader.integer(Self.portField)
    let socket = reader.string(Self.socketField.name)
    isLoopback = socket != nil || host == "localhost" || host == "::1" || host.hasPrefix("127.")
    let isBehindProxy = reader.bool(Self.proxyField)
    configuration.listener =
      socket.map { .socket(path: $0) } ?? .address(host: host, port: port)
    configuration.tls = Self.tls(&reader)
    if !isLoopback, !isBehindProxy, configuration.tls == nil {
      reader.fault(
        Self.hostField.name,
        "\(host) is not loopback, and what is sent there could be read on its way: give --tls-certificate and --tls-key, or put a reverse proxy in front and say --behind-proxy"
      )
    }
    let trusted = Self.list(Self.trustedField, &reader)
    do throws(ServerError) {
      configuration.trustedProxies = try TrustedProxies(trusted)
    } catch {
      reader.fault(Self.trustedField.name, error.description)
    }
    configuration.trustedProxies.trustsSocket = isBehindProxy
    let names = Self.list(Self.hostsField, &reader)
    let isOwnMachine = isLoopback && socket == nil && !isBehindProxy
    configuration.allowedHosts = names.isEmpty && !isOwnMachine ? nil : Set(names)
    configuration.connections = reader.integer(Self.connectionsField)
    let perClient = reader.integer(Self.perClientField)
    configuration.connectionsPerClient = perClient == 0 ? nil : perClient
    configuration.streams = reader.integer(Self.streamsField)
    configuration.headerBytes = ByteCount.read(Self.headerBytesField, &reader)
    if !(4096...(16 << 20)).contains(configuration.headerBytes) {
      reader.fault(Self.headerBytesField.name, "must be from 4KiB to 16MiB")
    }
    configuration.bodyBytes = ByteCount.read(Self.uploadField, &reader)
    configuration.headerSeconds = reader.double(Self.headerSecondsField)
    configuration.idleSeconds = reader.integer(Self.idleField)
    configuration.slowestBody = reader.double(Self.slowestField)
    configuration.bodySeconds = reader.double(Self.bodySecondsField)
    self.configuration = configuration
    self.isBehindProxy = isBehindProxy
  }

  let isBehindProxy: Bool

  private static func tls(_ reader: inout ObjectReader) -> TLSFiles? {
    let certificate = reader.string(certificateField.name)
    let key = reader.string(keyField.name)
    switch (certificate, key) {
    case (let certificate?, let key?):
      return TLSFiles(certificate: URL(filePath: certificate), key: URL(filePath: key))
    case (nil, nil): return nil
    case (nil, _): reader.fault(keyField.name, "is of no use without --tls-certificate")
    case (_, nil): reader.fault(certificateField.name, "needs --tls-key beside it")
    }
    return nil
  }

  private static func list(_ field: Field, _ reader: inout ObjectReader) -> [String] {
    (reader.string(field.name) ?? "").split(separator: ",").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }
}
