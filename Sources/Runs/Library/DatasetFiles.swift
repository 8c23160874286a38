import Digests
import Foundation
import Store

/// The folders of datasets below the data folder.
///
/// ```
/// datasets/<key>/   content, content-<part>, and what the import wrote; never changed
/// uploads/<token>/  what is still arriving or being imported; swept at the start
/// uploads/upl_…     what arrives piece by piece, and goes on after a restart
/// ```
///
/// A folder of `datasets` comes into being by a rename, so it is there whole or not at all.
struct DatasetFiles: Sendable {
  let datasets: URL
  let uploads: URL
  private let trash = Trash()

  init(data: URL) throws {
    datasets = data.appending(path: "datasets", directoryHint: .isDirectory)
    uploads = data.appending(path: "uploads", directoryHint: .isDirectory)
    for folder in [datasets, uploads] {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    try DatasetFiles.synchronize(data)
  }

  /// The folder of a dataset by its storage key.
  func folder(_ key: String) -> URL {
    datasets.appending(path: key, directoryHint: .isDirectory)
  }

  func exists(_ key: String) -> Bool {
    FileManager.default.fileExists(atPath: folder(key).path(percentEncoded: false))
  }

  /// A new folder for an upload.
  func newUpload() throws -> StagedUpload {
    trash.empty()
    let token = SecureRandom.bytes(16).hexadecimal
    let folder = uploads.appending(path: token, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    return StagedUpload(directory: folder, trash: trash)
  }

  /// Where the bytes of an upload lie that comes piece by piece.
  func file(of upload: UploadID) -> URL { uploads.appending(path: upload.rawValue) }

  /// Begins a file for an upload that comes piece by piece, on disk for good once this returns.
  func begin(_ upload: UploadID) throws {
    _ = try FileSink(creating: file(of: upload)).finish()
    try DatasetFiles.synchronize(uploads)
  }

  /// Makes one upload's file of others', one after the other, on disk for good once this returns. What it is to have is looked at when it is used.
  func concatenate(_ parts: [UploadID], to upload: UploadID) throws {
    let whole = file(of: upload)
    _ = try FileSink(creating: whole).finish()
    let output = try FileHandle(forWritingTo: whole)
    for part in parts {
      let input = try FileHandle(forReadingFrom: file(of: part))
      while let bytes = try input.read(upToCount: 1 << 20), !bytes.isEmpty {
        try output.write(contentsOf: bytes)
      }
      try input.close()
    }
    try output.synchronize()
    try output.close()
    try DatasetFiles.synchronize(uploads)
  }

  /// Makes an upload's folder the dataset's, on disk for good once this returns.
  func adopt(_ upload: URL, as key: String) throws {
    for file in try FileManager.default.contentsOfDirectory(
      at: upload, includingPropertiesForKeys: nil)
    {
      try DatasetFiles.synchronize(file)
    }
    try DatasetFiles.synchronize(upload)
    try FileManager.default.moveItem(at: upload, to: folder(key))
    do {
      try DatasetFiles.synchronize(datasets)
    } catch {
      // Or the next upload of the same would take it for one that lasts.
      remove(key)
      throw error
    }
  }

  /// Removes a dataset's folder; readers that mapped its files keep them until they let go.
  func remove(_ key: String) {
    // Moved away first, so that a crash midway leaves no folder that only looks whole.
    let name = "removed-\(key)-\(SecureRandom.bytes(16).hexadecimal)"
    let grave = uploads.appending(path: name, directoryHint: .isDirectory)
    do {
      try FileManager.default.moveItem(at: folder(key), to: grave)
      trash.remove(grave)
    } catch {
      try? FileManager.default.removeItem(at: folder(key))
    }
  }

  /// Removes every upload that was under way and can't go on, and every dataset that `isKnown` doesn't know.
  ///
  /// - Parameter isUpload: whether a name is that of an upload that comes piece by piece.
  /// - Returns: how many files and folders were removed.
  func sweep(isKnown: (String) -> Bool, isUpload: (String) -> Bool) -> Int {
    var removed = 0
    for name in DatasetFiles.names(in: uploads) where !isUpload(name) {
      try? FileManager.default.removeItem(at: uploads.appending(path: name))
      removed += 1
    }
    for name in DatasetFiles.names(in: datasets) where !isKnown(name) {
      try? FileManager.default.removeItem(at: datasets.appending(path: name))
      removed += 1
    }
    return removed
  }

  private static func names(in folder: URL) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
  }

  /// Has the disk keep what was written to a file, or the names in a folder.
  private static func synchronize(_ file: URL) throws {
    let descriptor = open(file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }
}
