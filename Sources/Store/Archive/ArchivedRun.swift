import Foundation
import Migrations
import SQLite

/// A run of an archive that was unpacked and found sound, as far as the store can tell.
public struct ArchivedRun: Sendable {
  /// A dataset of the run: what its row says, and the files that were uploaded, if the archive has them.
  public struct Upload: Sendable {
    public let record: DatasetRecord
    /// By the part's name, which is `nil` for an upload without parts; in the order of names.
    public let parts: [(name: String?, file: URL, byteCount: Int, sha256: String)]
  }

  /// What no single value of a row may exceed, in bytes.
  private static let longestValue = 64 << 20

  public let run: RunRecord
  public let model: ModelRecord?
  public let datasets: [Upload]
  let database: URL

  /// Unpacks an archive into a folder, and verifies all that is in it.
  ///
  /// - Parameter limit: how many bytes its files may have together.
  /// - Throws: `ArchiveError` for what is wrong with it, `StoreError.diskFull` or `.unavailable` for the disk.
  public init(unpacking file: URL, into folder: URL, limit: Int) throws {
    let manifest = try ArchiveUnpacking(file: file, folder: folder, limit: limit).run()
    database = folder.appending(path: ArchiveManifest.database)
    do {
      let connection = try Self.open(database, .readWrite)
      try connection.execute(script: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")
      try ArchivedSchema.bringForward(connection)
      try ArchivedRunCheck(folder: folder, connection: connection).run()
      guard let run = try RunRepository.records(connection, "", []).first,
        RunID(run.id.rawValue) != nil, run.id == manifest.run
      else { throw ArchiveError("its database has another run than its list says") }
      self.run = run
      model = try run.model.flatMap { try Self.model($0, connection) }
      datasets = try run.datasets.roles.reduce(into: [DatasetID]()) { ids, role in
        if !ids.contains(role.1) { ids.append(role.1) }
      }.compactMap { id in
        try DatasetRepository.get(id, connection).map { try Self.upload($0, manifest, folder) }
      }
    } catch {
      throw Self.refusal(error)
    }
    let known = Set(datasets.map(\.record.content))
    for path in manifest.files.map(\.path) {
      guard let content = ArchiveManifest.dataset(path)?.content else { continue }
      if !known.contains(content) { throw ArchiveError("no dataset of its run names \(path)") }
    }
  }

  /// Hands on every histogram of the run, as it is stored.
  public func forEachHistogram(_ body: ([UInt8]) throws -> Void) throws {
    do {
      try open().forEach("SELECT data FROM histogram") { row in
        try body(row.blob(0))
        return true
      }
    } catch {
      throw Self.refusal(error)
    }
  }

  /// - Precondition: the database was found sound.
  func open() throws(SQLiteError) -> SQLiteConnection { try Self.open(database, .readOnly) }

  private static func open(
    _ database: URL, _ mode: SQLiteConnection.Mode
  ) throws(SQLiteError) -> SQLiteConnection {
    let connection = try SQLiteConnection(path: database.path(percentEncoded: false), mode: mode)
    connection.distrust(longestValue: longestValue)
    try connection.execute(
      script: """
        PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;
        """)
    return connection
  }

  /// What SQLite can't read of a stranger's file is the file's fault, unless the disk failed.
  private static func refusal(_ error: any Error) -> any Error {
    switch error {
    case let error as SQLiteError:
      switch error.code {
      case .full, .ioError, .interrupted: StoreError(error)
      default: ArchiveError("its database can't be read: \(error)")
      }
    case let error as StoreError where error.code == .corrupt || error.code == .conflict:
      ArchiveError("its database can't be used: \(error)")
    default: error
    }
  }

  private static func model(_ id: ModelID, _ connection: SQLiteConnection) throws -> ModelRecord? {
    guard ModelID(id.rawValue) != nil else { throw ArchiveError("its run names no model's id") }
    return try ModelRepository.get(id, connection)
  }

  private static func upload(
    _ record: DatasetRecord, _ manifest: ArchiveManifest, _ folder: URL
  ) throws -> Upload {
    guard DatasetID(record.id.rawValue) != nil, StoredDataset.isContent(record.content) else {
      throw ArchiveError("its run names no dataset's id, or one without a folder")
    }
    let own = manifest.files.filter {
      ArchiveManifest.dataset($0.path)?.content == record.content
    }
    let parts = own.sorted { $0.path < $1.path }.map { file in
      let name = ArchiveManifest.dataset(file.path)?.name ?? ""
      return (
        name: name == "content" ? nil : String(name.dropFirst("content-".count)),
        file: folder.appending(path: file.path), byteCount: file.sizeBytes, sha256: file.sha256
      )
    }
    return Upload(record: record, parts: parts)
  }
}
