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

  /// Bytes that every archive may unfold into, however small it is; a larger one into 200 times its own.
  private static let freeExpansion = 256 << 20
  private static let expansion = 200

  /// How many bytes may come out of an archive.
  static func limit(of archive: Int) -> Int {
    let (product, isVast) = archive.multipliedReportingOverflow(by: expansion)
    return min(WeightsFile.largestContents, max(freeExpansion, isVast ? .max : product))
  }

  /// - Parameter limit: bytes that its members may have together.
  static func read(
    _ bytes: [UInt8], limit: Int? = nil
  ) throws(TrainingError) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    var names: Set<String> = []
    var others: [String] = []
    try ArchiveReader.forEach(bytes, limit: limit ?? self.limit(of: bytes.count)) {
      (member) throws(TrainingError) in
      guard member.name.hasSuffix(".npy") else {
        others.append(member.name)
        return
      }
      let name = String(member.name.dropLast(4))
      guard name.utf8.count <= WeightsFile.longestName else {
        throw TrainingError(
          .invalidWeights,
          "\"\(name.prefix(80))…\" is a name of \(name.utf8.count) bytes; at most "
            + "\(WeightsFile.longestName)")
      }
      guard names.insert(name).inserted else {
        throw TrainingError(.invalidWeights, "\"\(name)\" is in the archive twice")
      }
      guard names.count <= WeightsFile.mostTensors else {
        throw TrainingError(
          .invalidWeights, "it has more tensors than \(WeightsFile.mostTensors)")
      }
      tensors.append(try tensor(name, member.contents))
    }
    if tensors.isEmpty, let other = others.first {
      let isPickled = others.contains { $0.hasSuffix(".pkl") }
      throw TrainingError(
        .invalidWeights,
        "not an npz file: it holds \"\(other.prefix(80))\" and no .npy"
          + (isPickled
            ? "; PyTorch's own files are pickled objects, which aren't read: save the state_dict with "
              + "safetensors.torch.save_file" : ""))
    }
    return tensors
  }

  private static func tensor(
    _ name: String, _ bytes: [UInt8]
  ) throws(TrainingError) -> StoredTensor {
    let (header, start) = try NumpyHeader.read(bytes, of: name)
    guard let count = header.shape.checkedCount,
      !count.multipliedReportingOverflow(by: 8).overflow,
      count * header.kind.byteCount == bytes.count - start
    else {
      throw TrainingError(
        .invalidWeights,
        "\"\(name)\" has \(bytes.count - start) bytes, which \(header.shape) hasn't")
    }
    let contents =
      header.isFortran && count > 1
      ? rowMajor(bytes[start...], header.shape, size: header.kind.byteCount)[...]
      : bytes[start...]
    return StoredTensor(
      name: name, type: header.descriptor,
      tensor: header.kind.tensor(contents, shape: header.shape))
  }

  /// Elements of which the first axis runs fastest, with the last fastest instead.
  private static func rowMajor(
    _ bytes: ArraySlice<UInt8>, _ shape: Shape, size: Int
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var strides = [Int](repeating: 1, count: shape.rank)
    for axis in 1..<shape.rank { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var place = [Int](repeating: 0, count: shape.rank)
    var source = 0
    for _ in 0..<shape.count {
      let start = bytes.startIndex + source * size
      result.append(contentsOf: bytes[start..<start + size])
      var axis = shape.rank - 1
      while axis >= 0 {
        place[axis] += 1
        source += strides[axis]
        if place[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        place[axis] = 0
        axis -= 1
      }
    }
    return result
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

  /// Hands on one member after another.
  static func forEach(
    _ bytes: [UInt8], limit: Int, _ body: (Member) throws(TrainingError) -> Void
  ) throws(TrainingError) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, TrainingError> in
      do throws(TrainingError) {
        return .success(try read(buffer, limit: limit, body))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private static func read(
    _ buffer: UnsafeRawBufferPointer, limit: Int,
    _ body: (Member) throws(TrainingError) -> Void
  ) throws(TrainingError) {
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
    var total = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var entry: OpaquePointer?
      let status = archive_read_next_header(archive, &entry)
      if status == ARCHIVE_EOF { return }
      guard status == ARCHIVE_OK, let entry, let name = archive_entry_pathname(entry) else {
        throw fault()
      }
      let member = String(cString: name)
      var contents: [UInt8] = []
      while true {
        let count = archive_read_data(archive, &chunk, chunk.count)
        if count < 0 { throw fault() }
        if count == 0 { break }
        total += count
        guard total <= limit else {
          throw TrainingError(
            .invalidWeights,
            "not an npz file: with \"\(member.prefix(80))\" it unfolds into more than \(limit) bytes"
          )
        }
        contents.append(contentsOf: chunk[..<count])
      }
      try body(Member(name: member, contents: contents))
    }
  }
}
