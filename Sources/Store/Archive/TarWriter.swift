import CArchive
import Foundation

/// Writes a compressed tar file through libarchive. The same members give the same bytes.
final class TarWriter {
  private let archive: OpaquePointer
  private let file: URL

  init(_ file: URL) throws(StoreError) {
    guard let archive = archive_write_new() else {
      throw StoreError(.unavailable, "there's no memory for an archive")
    }
    self.archive = archive
    self.file = file
    archive_write_add_filter_zstd(archive)
    archive_write_set_format_pax_restricted(archive)
    try check(archive_write_open_filename(archive, file.path(percentEncoded: false)))
  }

  deinit { archive_write_free(archive) }

  func add(_ name: String, _ bytes: [UInt8]) throws(StoreError) {
    try begin(name, size: bytes.count)
    var fault: StoreError?
    bytes.withUnsafeBytes { buffer in
      do throws(StoreError) { try append(buffer) } catch { fault = error }
    }
    if let fault { throw fault }
  }

  /// - Parameter size: of the file, which never changes.
  func add(_ name: String, _ source: URL, size: Int) throws(StoreError) {
    try begin(name, size: size)
    try Disk.read(source) { (bytes) throws(StoreError) in try append(bytes) }
  }

  func finish() throws(StoreError) { try check(archive_write_close(archive)) }

  private func begin(_ name: String, size: Int) throws(StoreError) {
    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, name)
    archive_entry_set_size(entry, Int64(size))
    archive_entry_set_filetype(entry, TarReader.regularFile)
    archive_entry_set_perm(entry, 0o600)
    // A fixed time, so that the same run gives the same bytes.
    archive_entry_set_mtime(entry, 0, 0)
    try check(archive_write_header(archive, entry))
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = archive_write_data(archive, rest.baseAddress, rest.count)
      if written <= 0 { try check(ARCHIVE_FATAL) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  private func check(_ status: Int32) throws(StoreError) {
    if status == ARCHIVE_OK { return }
    let isFull = [ENOSPC, EDQUOT].contains(archive_errno(archive))
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown fault"
    throw StoreError(
      isFull ? .diskFull : .unavailable,
      "can't write \(file.path(percentEncoded: false)): \(reason)")
  }
}
