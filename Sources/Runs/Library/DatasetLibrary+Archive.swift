import Datasets
import Digests
import Foundation
import Store

extension DatasetLibrary {
  /// A dataset of an archive as it will be here.
  struct Restored: Sendable {
    let record: DatasetRecord
    /// What becomes its folder, if there is none; `nil` where another dataset's is shared.
    let upload: StagedUpload?
  }

  /// Makes a dataset of an archive anew from what was once uploaded; what was decoded elsewhere isn't taken on trust.
  ///
  /// - Returns: `nil` when the dataset is here already, and when neither the archive nor this server has its files.
  /// - Throws: `ArchiveError` for files that aren't what the archive says, `StoreError.conflict` for another dataset of
  ///   the same id.
  func restore(_ archived: ArchivedRun.Upload) async throws -> Restored? {
    let (record, parts) = (archived.record, archived.parts)
    if let known = try await store.datasets.get(record.id) {
      guard known.sha256 == record.sha256 else {
        throw StoreError(.conflict, "another dataset has the id \(record.id) here")
      }
      return nil
    }
    guard !parts.isEmpty else {
      guard let other = try await store.datasets.first(in: record.content),
        other.sha256 == record.sha256
      else { return nil }
      return Restored(record: record.sharing(other), upload: nil)
    }
    let upload = try stage()
    do {
      return try await restore(archived, in: upload)
    } catch {
      upload.discard()
      throw error
    }
  }

  private func restore(
    _ archived: ArchivedRun.Upload, in upload: StagedUpload
  ) async throws -> Restored {
    let record = archived.record
    let parts = try archived.parts.map { part in
      guard part.name.map(StagedUpload.isPartName) != false,
        let digest = Digest(hexadecimal: part.sha256)
      else { throw ArchiveError("dataset \(record.id) has a part without a name") }
      try FileManager.default.moveItem(at: part.file, to: upload.file(for: part.name))
      return StagedUpload.Part(name: part.name, byteCount: part.byteCount, digest: digest)
    }
    let options = try ImportOptions(of: record)
    let sha256 = try digest(of: parts, upload)
    guard sha256 == record.sha256 else {
      throw ArchiveError("the files of dataset \(record.id) haven't the SHA-256 \(record.sha256)")
    }
    let importer = DatasetImporter(options: options, limits: limits)
    let sources = parts.map {
      DatasetImporter.Part(name: $0.name, file: upload.file(for: $0.name))
    }
    let description: DatasetDescription
    do {
      description = try await importing {
        try importer.run(parts: sources, into: upload.directory, sha256: sha256)
      }
    } catch let error as DatasetError where error.code != .diskFull && error.code != .storage {
      throw ArchiveError("dataset \(record.id) can't be made of its files: \(error)")
    }
    let key = storageKey(importer, parts: parts, sha256: sha256)
    let made = DatasetRecord(
      id: record.id, name: record.name, format: description.format.rawValue, content: key,
      description: "\(description.json)", sizeBytes: description.sizeBytes, sha256: sha256,
      createdAt: record.createdAt)
    return Restored(record: made, upload: upload)
  }

  /// Puts the folders of an archive's datasets in their place, and has their rows written while nobody removes them.
  ///
  /// - Parameter commit: writes rows for the datasets that have a folder, or throws and has written none.
  func adopt<Result>(
    _ restored: [Restored], _ commit: ([DatasetRecord]) async throws -> Result
  ) async throws -> Result {
    try await gate.run {
      var records: [DatasetRecord] = []
      do {
        for dataset in restored {
          let key = dataset.record.content
          if let upload = dataset.upload, !self.files.exists(key) {
            try self.keep(upload, as: key)
          }
          if self.files.exists(key) { records.append(dataset.record) }
        }
        return try await commit(records)
      } catch {
        await self.removeUnnamed(restored.filter { $0.upload != nil }.map(\.record.content))
        throw error
      }
    }
  }
}

extension DatasetRecord {
  /// The same dataset over the folder of another that was made of the same bytes.
  fileprivate func sharing(_ other: DatasetRecord) -> DatasetRecord {
    DatasetRecord(
      id: id, name: name, format: other.format, content: other.content,
      description: other.description, sizeBytes: other.sizeBytes, sha256: other.sha256,
      createdAt: createdAt)
  }
}
