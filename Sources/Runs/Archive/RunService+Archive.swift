import Foundation
import Store

/// Runs that go from one server to another as a file.
extension RunService {
  /// How many archives are made at once, and wait for that.
  static let archives = (concurrent: 1, waiting: 8)

  /// The archive of a run that is over; made anew each time, to the same bytes.
  ///
  /// - Parameters:
  ///   - holdsUploads: whether it holds the files of the run's datasets.
  ///   - server: the version of the program.
  /// - Throws: `StoreError.conflict` for a run that isn't over, `.diskFull`; `RunError.queueFull`.
  public func archive(
    of id: RunID, holdsUploads: Bool, server: String
  ) async throws -> ArchiveDownload {
    let store = store
    let scratch = try datasets.stage()
    // An open file outlives its name.
    defer { scratch.discard() }
    return try await archiveWork.run {
      try ArchiveDownload(
        RunArchive.make(
          of: id, in: store, folder: scratch.directory, holdsUploads: holdsUploads, server: server))
    }
  }

  /// Makes a run of an uploaded archive, under its own id; it is there whole or not at all.
  ///
  /// - Parameters:
  ///   - upload: holds the archive; discard it afterwards.
  ///   - limit: how many bytes the archive may unfold into.
  /// - Throws: `ArchiveError` for what is wrong with the archive, `StoreError.conflict` for a run that is here already,
  ///   `.diskFull`.
  public func restore(_ upload: StagedUpload, limit: Int) async throws -> RunRecord {
    guard isReady else { throw RunError(.draining, "the server is starting or going down") }
    return try await imports.run { try await restoreAlone(upload, limit: limit) }
  }

  /// - Precondition: no other archive is on its way in.
  private func restoreAlone(_ upload: StagedUpload, limit: Int) async throws -> RunRecord {
    let store = store
    let folder = upload.directory.appending(path: "unpacked", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    let archived = try await archiveWork.run {
      let archived = try ArchivedRun(
        unpacking: upload.file(for: nil), into: folder, limit: limit)
      try ArchivedRunReading(archived).check()
      return archived
    }
    try await store.runs.checkIsNew(archived.run.id)
    var restored: [DatasetLibrary.Restored] = []
    defer { for dataset in restored { dataset.upload?.discard() } }
    for dataset in archived.datasets {
      guard let made = try await datasets.restore(dataset) else { continue }
      restored.append(made)
      try ArchivedRunReading(archived).check(made.record, as: dataset)
    }
    let staged = try await archiveWork.run { try StagedRun(archived, into: store) }
    do {
      let hub = hub
      return try await datasets.adopt(restored) { records in
        try await staged.commit(datasets: records) { lastID, events in
          hub.pass(lastID)
          hub.publish(events)
        }
      }
    } catch {
      _ = try? await archiveWork.run { staged.discard() }
      throw error
    }
  }
}
