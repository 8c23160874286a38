import CGnuTLS
import Foundation

/// A SHA-256 hash (FIPS 180-4) of bytes that arrive in pieces.
///
/// Pieces may come from several threads, one after the other; the lock makes each update whole.
public final class SHA256: @unchecked Sendable {
  private let lock = NSLock()
  /// Guarded by `lock`; `nil` once the digest was taken.
  private var handle: gnutls_hash_hd_t?

  public init() {
    var handle: gnutls_hash_hd_t?
    let status = gnutls_hash_init(&handle, GNUTLS_DIG_SHA256)
    precondition(status == 0, "GnuTLS can't make a SHA-256: \(status)")
    self.handle = handle
  }

  deinit {
    if let handle { gnutls_hash_deinit(handle, nil) }
  }

  /// Appends bytes to what is hashed.
  ///
  /// - Precondition: `digest()` wasn't called yet.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    lock.withLock {
      guard let handle else { preconditionFailure("the digest was already taken") }
      let status = gnutls_hash(handle, start, bytes.count)
      precondition(status == 0, "GnuTLS can't hash: \(status)")
    }
  }

  /// Appends bytes to what is hashed.
  public func update(_ bytes: some Sequence<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
      ContiguousArray(bytes).withUnsafeBytes { update($0) }
    }
  }

  /// Ends the hash and answers it.
  ///
  /// - Precondition: it's called once.
  public func digest() -> Digest {
    lock.withLock {
      guard let handle else { preconditionFailure("the digest was already taken") }
      self.handle = nil
      let bytes = [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { buffer, count in
        gnutls_hash_deinit(handle, buffer.baseAddress)
        count = Digest.byteCount
      }
      return Digest(bytes)
    }
  }

  /// The hash of bytes that are all there.
  public static func digest(of bytes: some Sequence<UInt8>) -> Digest {
    let hash = SHA256()
    hash.update(bytes)
    return hash.digest()
  }

  /// The hash of a file's bytes, read in pieces of 256 KiB.
  ///
  /// - Throws: what opening or reading the file throws.
  public static func digest(ofFile file: URL) throws -> Digest {
    let hash = SHA256()
    try hash.update(file: file)
    return hash.digest()
  }

  /// Appends a file's bytes, read in pieces of 256 KiB.
  ///
  /// - Throws: `POSIXError` when the file can't be opened or read.
  public func update(file: URL) throws {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      }
      if count == 0 { return }
      update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
