import CArchive
import Tensors

/// NumPy's `.npz`: a zip whose members are `.npy` files, here stored and not compressed.
enum NumpyArchive {
  static func write(_ tensors: [NamedTensor], to sink: WeightsFile.Sink) throws {
    try withoutActuallyEscaping(sink) { sink in
      let writer = try ArchiveWriter(sink: sink)
      for entry in tensors {
        let header = NumpyHeader(type: entry.tensor.type).encoded
        try writer.begin(
          entry.name + ".npy", byteCount: header.count + entry.tensor.type.byteCount)
        try header.withUnsafeBytes { try writer.append($0) }
        try entry.tensor.withUnsafeBytes { try writer.append($0) }
      }
      try writer.close()
    }
  }

  static func read(_ bytes: [UInt8]) throws(TrainingError) -> [NamedTensor] {
    var tensors: [NamedTensor] = []
    for member in try ArchiveReader.members(of: bytes) where member.name.hasSuffix(".npy") {
      let name = String(member.name.dropLast(4))
      let (header, start) = try NumpyHeader.read(member.contents, of: name)
      guard let count = header.shape.checkedCount,
        !count.multipliedReportingOverflow(by: 8).overflow,
        count * header.kind.byteCount == member.contents.count - start
      else {
        throw TrainingError(
          .invalidWeights,
          "\"\(name)\" has \(member.contents.count - start) bytes, which \(header.shape) hasn't")
      }
      let contents = member.contents[start...]
      tensors.append(
        NamedTensor(name: name, tensor: header.kind.tensor(contents, shape: header.shape)))
    }
    return tensors
  }
}

/// Writes a zip through libarchive into a sink.
private final class ArchiveWriter {
  private let archive: OpaquePointer
  private let sink: WeightsFile.Sink
  /// What the sink threw while libarchive, which knows no Swift errors, was in between.
  private var thrown: (any Error)?

  init(sink: @escaping WeightsFile.Sink) throws {
    guard let archive = archive_write_new() else {
      throw TrainingError(.invalidWeights, "libarchive has no memory for a zip")
    }
    self.archive = archive
    self.sink = sink
    archive_write_set_format_zip(archive)
    archive_write_set_options(archive, "zip:compression=store")
    archive_write_set_bytes_in_last_block(archive, 1)
    // The writer outlives the archive, which is freed in `deinit`; so the reference may be unretained.
    let opened = archive_write_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, context, bytes, count in
        guard let context else { return -1 }
        let writer = Unmanaged<ArchiveWriter>.fromOpaque(context).takeUnretainedValue()
        do {
          try writer.sink(UnsafeRawBufferPointer(start: bytes, count: count))
          return count
        } catch {
          writer.thrown = error
          return -1
        }
      }, nil)
    try check(opened)
  }

  deinit { archive_write_free(archive) }

  func begin(_ name: String, byteCount: Int) throws {
    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, name)
    archive_entry_set_size(entry, Int64(byteCount))
    // A regular file: `AE_IFREG`, a macro that Swift can't see.
    archive_entry_set_filetype(entry, 0o100000)
    archive_entry_set_perm(entry, 0o644)
    // A fixed time, 1980-01-01 as zip begins to count, so that the same weights give the same bytes.
    archive_entry_set_mtime(entry, 315_532_800, 0)
    try check(archive_write_header(archive, entry))
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = archive_write_data(archive, rest.baseAddress, rest.count)
      if written <= 0 { try check(ARCHIVE_FATAL) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  func close() throws { try check(archive_write_close(archive)) }

  private func check(_ status: Int32) throws {
    if status == ARCHIVE_OK { return }
    if let thrown { throw thrown }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown fault"
    throw TrainingError(.invalidWeights, "the zip couldn't be written: \(reason)")
  }
}

/// Reads a zip from memory through libarchive.
private enum ArchiveReader {
  struct Member {
    let name: String
    let contents: [UInt8]
  }

  static func members(of bytes: [UInt8]) throws(TrainingError) -> [Member] {
    let result = bytes.withUnsafeBytes { buffer -> Result<[Member], TrainingError> in
      do throws(TrainingError) {
        return .success(try read(buffer))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func read(_ buffer: UnsafeRawBufferPointer) throws(TrainingError) -> [Member] {
    guard let archive = archive_read_new() else {
      throw TrainingError(.invalidWeights, "libarchive has no memory for a zip")
    }
    defer { archive_read_free(archive) }
    archive_read_support_format_zip(archive)
    func fault() -> TrainingError {
      let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown fault"
      return TrainingError(.invalidWeights, "not an npz file: \(reason)")
    }
    guard archive_read_open_memory(archive, buffer.baseAddress, buffer.count) == ARCHIVE_OK else {
      throw fault()
    }
    var members: [Member] = []
    while true {
      var entry: OpaquePointer?
      let status = archive_read_next_header(archive, &entry)
      if status == ARCHIVE_EOF { return members }
      guard status == ARCHIVE_OK, let entry, let name = archive_entry_pathname(entry) else {
        throw fault()
      }
      var contents: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = archive_read_data(archive, &chunk, chunk.count)
        if count < 0 { throw fault() }
        if count == 0 { break }
        // An npz stores; only a bomb inflates beyond what its file could hold a thousand times over.
        guard contents.count + count <= max(1 << 20, 1000 * buffer.count) else { throw fault() }
        contents.append(contentsOf: chunk[..<count])
      }
      members.append(Member(name: String(cString: name), contents: contents))
    }
  }
}
