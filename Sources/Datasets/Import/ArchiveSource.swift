import CArchive
import Foundation

/// The bytes of a gzipped file, or of one entry of a zip archive, decompressed by libarchive.
///
/// Nothing is extracted to disk and no name of an archive becomes a path. What comes out is bounded
/// by `ImportLimits`, so that a few bytes can't unfold into terabytes.
final class ArchiveSource: ByteSource {
  private let archive: OpaquePointer
  private let limit: Int
  private let uploaded: Int
  private var produced = 0
  /// Bytes of all entries so far, as the archive says, also of those that are passed over.
  private var announced = 0
  /// Of a gzipped file, whose checksum libarchive doesn't look at; `nil` for zip, where it does.
  private var check: (trailer: [UInt8], checksum: CRC32)?

  private init(
    _ file: URL, size: Int, limits: ImportLimits, support: (OpaquePointer) -> Int32
  ) throws(DatasetError) {
    guard let archive = archive_read_new() else {
      throw DatasetError(.storage, "there's no memory to decompress")
    }
    self.archive = archive
    uploaded = size
    limit = limits.expanded(from: size)
    guard support(archive) == ARCHIVE_OK,
      archive_read_open_filename(archive, file.path, 1 << 16) == ARCHIVE_OK
    else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  /// A gzipped file.
  convenience init(gzip file: URL, size: Int, limits: ImportLimits) throws(DatasetError) {
    try self.init(file, size: size, limits: limits) { archive in
      let status = archive_read_support_filter_gzip(archive)
      return status == ARCHIVE_OK ? archive_read_support_format_raw(archive) : status
    }
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    // An archive without an entry is a gzipped nothing: reading it ends at once.
    guard status == ARCHIVE_OK || status == ARCHIVE_EOF else { throw failure() }
    let trailer = try FileSource(file).bytes(8, at: max(0, size - 8))
    if trailer.count == 8 { check = (trailer, CRC32()) }
  }

  /// A zip archive, before its first entry.
  convenience init(zip file: URL, size: Int, limits: ImportLimits) throws(DatasetError) {
    try self.init(file, size: size, limits: limits) {
      // Only by its central directory: a truncated archive has none, and is told so.
      archive_read_support_format_zip_seekable($0)
    }
  }

  /// A tar archive, compressed or not, before its first entry.
  convenience init(tar file: URL, size: Int, limits: ImportLimits) throws(DatasetError) {
    try self.init(file, size: size, limits: limits) { archive in
      let status = archive_read_support_filter_all(archive)
      return status < ARCHIVE_WARN ? status : archive_read_support_format_tar(archive)
    }
  }

  /// The name of the next entry, whose bytes are then read; `nil` after the last one.
  func nextEntry() throws(DatasetError) -> String? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    if status == ARCHIVE_EOF { return nil }
    guard status == ARCHIVE_OK, let entry else { throw failure() }
    guard let name = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else {
      throw DatasetError(.malformed, "an entry of the archive has no name")
    }
    if archive_entry_size_is_set(entry) != 0 {
      let (sum, overflow) = announced.addingReportingOverflow(Int(archive_entry_size(entry)))
      announced = overflow ? .max : sum
      if announced > limit { throw tooLarge() }
    }
    return String(cString: name)
  }

  private func tooLarge() -> DatasetError {
    DatasetError(
      .limitExceeded,
      "\(uploaded) compressed bytes unfold into more than \(limit); upload it uncompressed")
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw failure() }
    produced += count
    check?.checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    if count == 0 { try compareChecksum() }
    if produced > limit { throw tooLarge() }
    return count
  }

  /// The last 8 bytes hold checksum and length of the data (RFC 1952). Where the length is another,
  /// the file is several gzipped ones in a row, and the trailer is of the last one alone.
  private func compareChecksum() throws(DatasetError) {
    guard let check else { return }
    let words = check.trailer.enumerated().map { UInt64($1) << UInt64($0 * 8) }.reduce(0, |)
    guard UInt32(words >> 32) == UInt32(truncatingIfNeeded: produced) else { return }
    if UInt32(truncatingIfNeeded: words) != check.checksum.value {
      throw DatasetError(
        .malformed, "the compressed data is damaged: its checksum differs; compress it again",
        byte: produced)
    }
  }

  private func failure() -> DatasetError {
    let reason = archive_error_string(archive).map { " (\(String(cString: $0)))" } ?? ""
    return DatasetError(
      .malformed, "the compressed data is damaged or truncated\(reason); compress it again",
      byte: produced)
  }
}
