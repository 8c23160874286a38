import Foundation

/// Where things lie in a data folder.
///
/// ```
/// chainrule.sqlite              all rows; before a migration it is copied to .before-NNNN
/// datasets/<content>/           a dataset's files, never changed
/// uploads/                      what is still arriving
/// backups/<id>/                 copies of all this, each a data folder of its own
/// backup.json                   in a backup: what it holds
/// reserve                       room for what is to be deleted from a full disk
/// lock, backup.lock             held by the server, and by whoever makes a backup
/// ```
struct DataFolder: Sendable {
  let url: URL

  init(_ url: URL) { self.url = url }

  /// How the names of files and folders end that aren't done.
  static let unfinished = ".partial"

  var path: String { url.path(percentEncoded: false) }
  var database: URL { url.appending(path: "chainrule.sqlite") }
  var datasets: URL { url.appending(path: "datasets", directoryHint: .isDirectory) }
  var uploads: URL { url.appending(path: "uploads", directoryHint: .isDirectory) }
  var backups: URL { url.appending(path: "backups", directoryHint: .isDirectory) }
  var manifest: URL { url.appending(path: "backup.json") }
  var reserve: URL { url.appending(path: "reserve") }
  var lock: URL { url.appending(path: "lock") }
  var backupLock: URL { url.appending(path: "backup.lock") }

  /// The folder of a dataset's files.
  func files(of content: String) -> URL {
    datasets.appending(path: content, directoryHint: .isDirectory)
  }

  /// Whether there is a database in it.
  var holdsStore: Bool { Disk.exists(database) }

  /// - Throws: `StoreError.notFound` when there is no database in it.
  func checkHoldsStore() throws(StoreError) {
    guard holdsStore else {
      throw StoreError(.notFound, "\(path) holds no store: there is no chainrule.sqlite in it")
    }
  }
}
