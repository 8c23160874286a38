import CArchive
import Foundation

/// Bytes that come one piece after the other.
protocol ByteSource: AnyObject {
  /// Fills a part of `buffer`, at least one byte; answers how many, or 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int
}

extension ByteSource {
  /// Fills the whole of `buffer` unless the end comes first; answers how many bytes there were.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// The next bytes as an array, fewer than `count` only at the end.
  func bytes(_ count: Int) throws(DatasetError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    var failure: DatasetError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(DatasetError) { filled = try fill(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    bytes.removeLast(count - filled)
    return bytes
  }
}

/// The bytes of a file.
final class FileSource: ByteSource {
  private let file: URL
  private let descriptor: Int32
  let size: Int

  init(_ file: URL) throws(DatasetError) {
    self.file = file
    descriptor = Foundation.open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw DatasetError.system(errno, "the upload can't be opened")
    }
    var status = stat()
    size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    while true {
      let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR {
        throw DatasetError.system(errno, "the upload can't be read")
      }
    }
  }

  /// The bytes at a place; fewer than asked only at the end.
  func bytes(_ count: Int, at offset: Int) throws(DatasetError) -> [UInt8] {
    guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
      throw DatasetError.system(errno, "the upload can't be read")
    }
    return try bytes(count)
  }
}

/// The bytes of a file, decompressed when it is gzipped.
func openSource(_ file: URL, limits: ImportLimits) throws(DatasetError) -> any ByteSource {
  let source = try FileSource(file)
  if try source.bytes(2) == [0x1F, 0x8B] {
    return try ArchiveSource(gzip: file, size: source.size, limits: limits)
  }
  return try FileSource(file)
}
