import CGnuTLS
import Foundation
import Synchronization

/// The certificate chain and the private key of a server, as PEM files.
public struct TLSFiles: Hashable, Sendable {
  public let certificate: URL
  public let key: URL

  /// What is spoken: TLS 1.2 and 1.3, in the server's order of preference.
  static let priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

  public init(certificate: URL, key: URL) {
    self.certificate = certificate
    self.key = key
  }

  /// Reads the files, and has connections from now on use what is in them.
  ///
  /// What was read before is used on when this throws. A process has one certificate, as the library asks for it without
  /// saying for whom.
  ///
  /// - Throws: `ServerError` for files that can't be read, or of which one isn't the other's.
  public func load() throws(ServerError) {
    let read = try TLSCertificate(self)
    TLSCertificate.current.withLock { $0.append(read) }
  }
}

/// A certificate chain and its key in memory.
///
/// It is never freed: a handshake may be using it. There are as many as there were reloads.
struct TLSCertificate: @unchecked Sendable {
  /// The last one is in use.
  static let current = Mutex<[TLSCertificate]>([])
  private static let longestChain = 16

  let chain: UnsafeMutablePointer<gnutls_pcert_st>
  let count: UInt32
  let key: gnutls_privkey_t

  init(_ files: TLSFiles) throws(ServerError) {
    let certificates = try Self.bytes(of: files.certificate)
    let keyBytes = try Self.bytes(of: files.key)
    var count = UInt32(Self.longestChain)
    let chain = UnsafeMutablePointer<gnutls_pcert_st>.allocate(capacity: Self.longestChain)
    var status = Self.withDatum(certificates) { datum in
      gnutls_pcert_list_import_x509_raw(chain, &count, datum, GNUTLS_X509_FMT_PEM, 0)
    }
    try Self.check(status, "\(files.certificate.path) holds no certificate")
    var key: gnutls_privkey_t?
    status = gnutls_privkey_init(&key)
    try Self.check(status, "there is no room for a key")
    guard let key else { throw ServerError("there is no room for a key") }
    status = Self.withDatum(keyBytes) { datum in
      gnutls_privkey_import_x509_raw(key, datum, GNUTLS_X509_FMT_PEM, nil, 0)
    }
    try Self.check(status, "\(files.key.path) holds no private key without a password")
    self.chain = chain
    self.count = count
    self.key = key
    try checkPair(files)
  }

  /// Signs something and verifies it.
  private func checkPair(_ files: TLSFiles) throws(ServerError) {
    let text = Array("is this the key of that certificate?".utf8)
    var signature = gnutls_datum_t()
    let status = Self.withDatum(text) { datum in
      gnutls_privkey_sign_data(key, GNUTLS_DIG_SHA256, 0, datum, &signature)
    }
    try Self.check(status, "\(files.key.path) can't sign")
    defer { chainrule_gnutls_free(signature.data) }
    let kind = gnutls_pk_algorithm_t(
      UInt32(gnutls_pubkey_get_pk_algorithm(chain.pointee.pubkey, nil)))
    let sign = gnutls_pk_to_sign(kind, GNUTLS_DIG_SHA256)
    let isPair = Self.withDatum(text) { datum in
      gnutls_pubkey_verify_data2(chain.pointee.pubkey, sign, 0, datum, &signature)
    }
    if isPair < 0 {
      throw ServerError(
        "\(files.key.path) isn't the key of the certificate in \(files.certificate.path)")
    }
  }

  private static func bytes(of file: URL) throws(ServerError) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: file.path(percentEncoded: false)) else {
      throw ServerError("\(file.path) can't be read")
    }
    return [UInt8](data)
  }

  private static func withDatum<Result>(
    _ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Result
  ) -> Result {
    var bytes = bytes
    return bytes.withUnsafeMutableBufferPointer { buffer in
      var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
      return body(&datum)
    }
  }

  private static func check(_ status: Int32, _ what: String) throws(ServerError) {
    if status < 0 { throw ServerError("\(what): \(String(cString: gnutls_strerror(status)))") }
  }
}
