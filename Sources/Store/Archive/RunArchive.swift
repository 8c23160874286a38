import Digests
import Foundation
import Migrations
import SQLite

/// A run with all that it recorded, as one file.
public struct RunArchive: Sendable {
  public let file: URL
  public let sha256: String

  /// The ending of an archive's name.
  public static let suffix = ".tar.zst"

  /// Writes the archive of a run that is over.
  ///
  /// The same run gives the same bytes. Memory doesn't grow with it; the folder holds it twice for a while.
  ///
  /// - Parameters:
  ///   - folder: an empty one; it holds the archive afterwards.
  ///   - holdsUploads: whether the datasets' files are put in.
  ///   - server: the version of the program.
  /// - Throws: `StoreError.notFound`, `.conflict` for a run that isn't over, `.corrupt` when a dataset isn't as its row
  ///   says, `.diskFull`.
  public static func make(
    of run: RunID, in store: Store, folder: URL, holdsUploads: Bool, server: String
  ) throws(StoreError) -> RunArchive {
    do {
      let database = folder.appending(path: ArchiveManifest.database)
      try RunCopy(store: store, run: run).make(at: database)
      var files = [try Self.listed(database, as: ArchiveManifest.database)]
      var places = [database]
      if holdsUploads {
        let uploads = try Self.uploads(database, of: store, to: folder)
        files += uploads.map(\.listed)
        places += uploads.map(\.file)
      }
      let manifest = ArchiveManifest(
        run: run, server: server, schema: Migrations.all.last?.version ?? 0, files: files)
      let file = folder.appending(path: "\(run)\(suffix)")
      let writer = try TarWriter(file)
      try writer.add(ArchiveManifest.name, manifest.json.encoded())
      for (listed, place) in zip(files, places) {
        try writer.add(listed.path, place, size: listed.sizeBytes)
      }
      try writer.finish()
      try Disk.remove(database)
      return RunArchive(file: file, sha256: try Self.listed(file, as: "").sha256)
    } catch {
      let fault = StoreError(wrapping: error)
      guard fault.code == .diskFull else { throw fault }
      throw StoreError(.diskFull, "there is no room to make the archive; free some (\(fault))")
    }
  }

  /// The datasets' files as they were uploaded, under second names that a deletion leaves.
  private static func uploads(
    _ database: URL, of store: Store, to folder: URL
  ) throws -> [(listed: ListedFile, file: URL)] {
    let connection = try SQLiteConnection(
      path: database.path(percentEncoded: false), mode: .readOnly)
    let source = DataFolder(store.directory)
    var found: [(listed: ListedFile, file: URL)] = []
    for dataset in try StoredDataset.all(connection) {
      let place = folder.appending(path: "datasets/\(dataset.content)")
      try Disk.makeFolder(place)
      let from = source.files(of: dataset.content)
      let whole = SHA256()
      for name in Disk.names(in: from) where StoredDataset.isUpload(name) {
        let file = place.appending(path: name)
        try Disk.link(from.appending(path: name), to: file)
        let listed = try listed(file, as: "datasets/\(dataset.content)/\(name)", within: whole)
        found.append((listed, file))
      }
      guard whole.digest().hexadecimal == dataset.sha256 else {
        throw StoreError(
          .corrupt,
          "the files of dataset \(dataset.id) aren't those that were uploaded; chainrule doctor tells what is wrong, "
            + "and datasets=false leaves them out")
      }
    }
    return found
  }

  /// - Parameter whole: takes the bytes in as well.
  private static func listed(
    _ file: URL, as path: String, within whole: SHA256? = nil
  ) throws(StoreError) -> ListedFile {
    let hash = SHA256()
    var size = 0
    try Disk.read(file) { bytes in
      hash.update(bytes)
      whole?.update(bytes)
      size += bytes.count
    }
    return ListedFile(path: path, sizeBytes: size, sha256: hash.digest().hexadecimal)
  }
}
