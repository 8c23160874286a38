import Foundation

/// A file being written: appended through a buffer of 1 MiB, or rewritten in places.
final class OutputFile {
  let file: URL
  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
  private var filled = 0
  /// Bytes appended so far.
  private(set) var count = 0
  private var isClosed = false

  init(_ file: URL) throws(DatasetError) {
    self.file = file
    descriptor = Foundation.open(file.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    if descriptor < 0 { throw OutputFile.failure("create", file) }
  }

  deinit {
    if !isClosed { close(descriptor) }
    buffer.deallocate()
  }

  private static func failure(_ verb: String, _ file: URL) -> DatasetError {
    .system(errno, "can't \(verb) \(file.lastPathComponent)")
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
    var rest = bytes
    count += bytes.count
    while !rest.isEmpty {
      if filled == buffer.count { try flush() }
      let part = min(rest.count, buffer.count - filled)
      UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + part])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<part]))
      filled += part
      rest = UnsafeRawBufferPointer(rebasing: rest[part...])
    }
  }

  func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(DatasetError) {
    var failure: DatasetError?
    elements.withUnsafeBytes { bytes in
      do throws(DatasetError) { try append(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  func flush() throws(DatasetError) {
    var start = 0
    while start < filled {
      let written = Foundation.write(
        descriptor, buffer.baseAddress?.advanced(by: start), filled - start)
      if written < 0 {
        if errno == EINTR { continue }
        throw OutputFile.failure("write", file)
      }
      start += written
    }
    filled = 0
  }

  /// Has what is appended next lie at a place of the file.
  func seek(to offset: Int) throws(DatasetError) {
    try flush()
    if lseek(descriptor, off_t(offset), SEEK_SET) < 0 { throw OutputFile.failure("write", file) }
  }

  /// Writes at a place, beside the buffer; don't mix with bytes that are still to be flushed.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DatasetError) {
    var done = 0
    while done < bytes.count {
      let written = pwrite(
        descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
      if written < 0 {
        if errno == EINTR { continue }
        throw OutputFile.failure("write", file)
      }
      done += written
    }
  }

  /// Reads back what was written; answers how many bytes there were.
  func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(DatasetError) -> Int {
    var done = 0
    while done < bytes.count {
      let count = pread(
        descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw OutputFile.failure("read", file)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Puts everything on the disk itself, and closes.
  func finish() throws(DatasetError) {
    try flush()
    if fsync(descriptor) != 0 { throw OutputFile.failure("write", file) }
    isClosed = true
    if close(descriptor) != 0 { throw OutputFile.failure("write", file) }
  }
}
