import Foundation
import Store

/// An archive on its way to a client: a file that has no name any more, and goes with the last who reads it.
public final class ArchiveDownload: Sendable {
  public let byteCount: Int
  /// The SHA-256 of the archive, a strong entity tag without its quotes.
  public let tag: String
  public let fileName: String
  private let descriptor: Int32

  init(_ archive: RunArchive) throws {
    tag = archive.sha256
    fileName = archive.file.lastPathComponent
    let descriptor = open(archive.file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      throw LibraryError(.storage, "can't read the archive: \(String(cString: strerror(errno)))")
    }
    byteCount = Int(status.st_size)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// At most `count` bytes from `offset`; none past the end.
  public func read(offset: Int, count: Int) throws -> [UInt8] {
    let found = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      repeat {
        filled = pread(descriptor, buffer.baseAddress, count, off_t(offset))
      } while filled < 0 && errno == EINTR
      filled = max(0, filled)
    }
    return found
  }
}
