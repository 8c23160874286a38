import Foundation
import SQLite

@testable import Store

/// A folder that goes with the test.
final class Place {
  let url = FileManager.default.temporaryDirectory
    .appending(path: "chainrule-place-\(UUID().uuidString)", directoryHint: .isDirectory)

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Every file below, from here; without what SQLite keeps beside a database.
  var files: [String] { Place.files(in: url) }

  static func files(in folder: URL) -> [String] {
    let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return (all ?? []).filter { path in
      !path.hasSuffix("-wal") && !path.hasSuffix("-shm")
        && !Disk.isFolder(folder.appending(path: path))
    }.sorted()
  }

  /// A connection to the database of the data folder at this place.
  func connection() throws -> SQLiteConnection {
    try SQLiteConnection(path: url.appending(path: "chainrule.sqlite").path, mode: .readWrite)
  }
}
