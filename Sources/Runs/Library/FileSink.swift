import Digests
import Foundation

/// Takes bytes to a file, and hashes them on the way.
public final class FileSink {
  private let handle: FileHandle
  private let hash = SHA256()
  /// How many bytes came through.
  public private(set) var byteCount = 0

  /// Writes a file that isn't there yet.
  ///
  /// - Throws: `LibraryError`.
  public convenience init(creating file: URL) throws {
    try self.init(file, O_CREAT | O_EXCL, at: 0)
  }

  /// Goes on with a file; what it has from `offset` on is written over.
  ///
  /// - Throws: `LibraryError`.
  convenience init(continuing file: URL, at offset: Int) throws {
    try self.init(file, 0, at: offset)
  }

  private init(_ file: URL, _ flags: Int32, at offset: Int) throws {
    let descriptor = open(
      file.path(percentEncoded: false), O_WRONLY | O_CLOEXEC | flags, 0o600)
    guard descriptor >= 0 else { throw Self.fault(errno) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw Self.fault(errno) }
  }

  /// - Throws: `LibraryError`; some of the bytes may have been written.
  public func append(_ bytes: some Collection<UInt8>) throws {
    hash.update(bytes)
    byteCount += bytes.count
    let written = bytes.withContiguousStorageIfAvailable {
      Self.write($0, to: handle.fileDescriptor)
    }
    let result =
      written
      ?? Array(bytes).withUnsafeBufferPointer { Self.write($0, to: handle.fileDescriptor) }
    if result != 0 { throw Self.fault(result) }
  }

  /// Shortens the file.
  func cut(to length: Int) throws {
    guard ftruncate(handle.fileDescriptor, off_t(length)) == 0 else { throw Self.fault(errno) }
  }

  /// Has the disk keep what was written.
  func synchronize() throws {
    guard fsync(handle.fileDescriptor) == 0 else { throw Self.fault(errno) }
  }

  /// Ends it; answers the digest of what came through.
  public func finish() throws -> Digest {
    try handle.close()
    return hash.digest()
  }

  /// 0, or the error's number.
  private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32 {
    var rest = UnsafeRawBufferPointer(bytes)
    while let start = rest.baseAddress, !rest.isEmpty {
      let count = Foundation.write(descriptor, start, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return 0
  }

  private static func fault(_ number: Int32) -> any Error {
    LibraryError("keep the upload", number)
  }
}
