import CGnuTLS
import CMicroHTTPD
import Foundation

/// The functions that the library calls, as it wants them.
enum Callbacks {
  typealias Access =
    @convention(c) (
      UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
      UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafeMutablePointer<Int>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> MHD_Result

  /// Called for each step of a request.
  static let access: Access = { _, _, _, method, version, upload, size, context in
    guard let method, let version, let size, let pointer = context?.pointee else { return .NO }
    return Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue().proceed(
      method: String(cString: method), version: String(cString: version), upload: upload,
      size: size)
  }

  private typealias Target =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
    ) -> UnsafeMutableRawPointer?

  /// Called with a request's address as it came; makes the exchange, which lives until it's completed.
  static var target: Int {
    let function: Target = { server, target, connection in
      guard let server, let target, let connection else { return nil }
      let exchange = Exchange(
        server: Unmanaged<Server>.fromOpaque(server).takeUnretainedValue(),
        target: String(cString: target), connection: connection)
      return Unmanaged.passRetained(exchange).toOpaque()
    }
    return unsafeBitCast(function, to: Int.self)
  }

  private typealias Completed =
    @convention(c) (
      UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
      MHD_RequestTerminationCode
    ) -> Void

  static var completed: Int {
    let function: Completed = { _, _, context, _ in
      guard let context, let pointer = context.pointee else { return }
      context.pointee = nil
      Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue().complete()
    }
    return unsafeBitCast(function, to: Int.self)
  }

  private typealias Connection =
    @convention(c) (
      UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
      MHD_ConnectionNotificationCode
    ) -> Void

  /// Called when a connection opens, and before its socket is closed.
  static var connection: Int {
    let function: Connection = { server, connection, _, code in
      guard let server, let connection else { return }
      let table = Unmanaged<Server>.fromOpaque(server).takeUnretainedValue().connections
      if chainrule_opens(code) != 0 {
        table.open(connection)
      } else {
        table.close(connection)
      }
    }
    return unsafeBitCast(function, to: Int.self)
  }

  private typealias Certificate =
    @convention(c) (
      gnutls_session_t?, UnsafePointer<gnutls_datum_t>?, Int32,
      UnsafePointer<gnutls_pk_algorithm_t>?, Int32,
      UnsafeMutablePointer<UnsafeMutablePointer<gnutls_pcert_st>?>?,
      UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<gnutls_privkey_t?>?
    ) -> Int32

  /// Called in each handshake for what the server shows of itself.
  static var certificate: Int {
    let function: Certificate = { _, _, _, _, _, chain, count, key in
      guard let current = TLSCertificate.current.withLock({ $0.last }) else { return -1 }
      chain?.pointee = current.chain
      count?.pointee = current.count
      key?.pointee = current.key
      return 0
    }
    return unsafeBitCast(function, to: Int.self)
  }

  private typealias Unescape =
    @convention(c) (
      UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?
    ) -> Int

  static var unescape: Int {
    let function: Unescape = { chainrule_keep_escapes($0, $1, $2) }
    return unsafeBitCast(function, to: Int.self)
  }
}
