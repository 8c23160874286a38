import CArchive
import Foundation

/// Reads a tar file, compressed or not, through libarchive. No name in it becomes a path here.
final class TarReader {
  /// `AE_IFREG`, a macro that Swift can't see.
  static let regularFile: UInt32 = 0o100000

  struct Member {
    let name: String
    let size: Int
  }

  private let archive: OpaquePointer
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)

  init(_ file: URL) throws {
    guard let archive = archive_read_new() else {
      throw StoreError(.unavailable, "there's no memory to read an archive")
    }
    self.archive = archive
    archive_read_support_filter_zstd(archive)
    archive_read_support_format_tar(archive)
    let path = file.path(percentEncoded: false)
    guard archive_read_open_filename(archive, path, buffer.count) == ARCHIVE_OK else {
      throw fault()
    }
  }

  deinit {
    archive_read_free(archive)
    buffer.deallocate()
  }

  /// The next member, whose bytes are then read; `nil` after the last one.
  ///
  /// - Throws: `ArchiveError` for what isn't a plain file, and for an archive that is damaged.
  func next() throws(ArchiveError) -> Member? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    if status == ARCHIVE_EOF { return nil }
    guard status == ARCHIVE_OK, let entry else { throw fault() }
    guard let text = archive_entry_pathname(entry) else {
      throw ArchiveError("a member has no name")
    }
    let name = String(cString: text)
    guard archive_entry_filetype(entry) == Self.regularFile, archive_entry_hardlink(entry) == nil,
      archive_entry_symlink(entry) == nil, archive_entry_sparse_count(entry) == 0,
      archive_entry_size_is_set(entry) != 0
    else { throw ArchiveError("its member \"\(name.prefix(200))\" is no plain file") }
    return Member(name: name, size: Int(archive_entry_size(entry)))
  }

  /// Hands on the bytes of the member in pieces.
  ///
  /// - Throws: `ArchiveError` when there are other than `count`.
  func read(_ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var left = count
    while true {
      let found = archive_read_data(archive, buffer.baseAddress, buffer.count)
      guard found >= 0 else { throw fault() }
      left -= found
      guard left >= 0, found > 0 || left == 0 else {
        throw ArchiveError("a member hasn't the \(count) bytes that it should have")
      }
      if found == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<found]))
    }
  }

  private func fault() -> ArchiveError {
    let reason = archive_error_string(archive).map { " (\(String(cString: $0)))" } ?? ""
    return ArchiveError("it is no archive of a run, or damaged\(reason)")
  }
}
