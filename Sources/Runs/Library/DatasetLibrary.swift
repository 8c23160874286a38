import Datasets
import Digests
import Dispatch
import Foundation
import JSON
import Store
import Synchronization

/// The datasets that clients uploaded: rows in the store, folders on the disk.
///
/// A folder is named by what is in it (the upload's bytes and the options of its import), so equal
/// uploads share one. It exists whole or not at all, and before its first row; it goes with its last.
public final class DatasetLibrary: Sendable {
  let store: Store
  let files: DatasetFiles
  /// Uploads that come piece by piece.
  public let uploads: UploadLibrary
  let limits: ImportLimits
  /// Held while folders and rows change together.
  let gate = AsyncSemaphore(1)
  /// How many imports run at once; each is bound by one core and the disk.
  private let importers: AsyncSemaphore
  private let queue = DispatchQueue(
    label: "chainrule.import", qos: .utility, attributes: .concurrent)
  /// Datasets that are open, by the folders they lie in: a queue is filled with runs of few.
  private let opened = Mutex(Recent<String, Dataset>(capacity: 16))

  /// - Parameter data: the data folder; `datasets` and `uploads` are made in it.
  public init(
    store: Store, data: URL, limits: ImportLimits = ImportLimits(), concurrentImports: Int = 2
  ) throws {
    self.store = store
    self.limits = limits
    files = try DatasetFiles(data: data)
    uploads = UploadLibrary(store: store, files: files)
    importers = AsyncSemaphore(concurrentImports)
  }

  /// Removes what a crash left: uploads under way, and folders that no row names.
  ///
  /// Call it once, before the server takes requests.
  ///
  /// - Returns: how many folders were removed.
  @discardableResult
  public func sweep() async throws -> Int {
    let known = try await store.datasets.contents()
    let uploads = try await uploads.known()
    return files.sweep {
      known.contains($0)
    } isUpload: {
      uploads.contains($0)
    }
  }

  // MARK: - Taking uploads

  /// A new place for an upload's parts.
  ///
  /// - Throws: `LibraryError.diskFull` or `.storage`.
  public func stage() throws -> StagedUpload {
    do {
      return try files.newUpload()
    } catch {
      throw LibraryError.storing("make room for an upload", error)
    }
  }

  /// Makes a dataset of an upload whose parts have all arrived.
  ///
  /// The upload is used up when this returns; when it throws, discard it.
  ///
  /// - Throws: `DatasetError` for what is wrong with the data, `LibraryError` for the disk.
  public func create(
    _ upload: StagedUpload, parts: [StagedUpload.Part], name: String?, options: ImportOptions
  ) async throws -> DatasetRecord {
    let parts = parts.sorted { ($0.name ?? "") < ($1.name ?? "") }
    let sha256 = try digest(of: parts, upload)
    let importer = DatasetImporter(options: options, limits: limits)
    let key = storageKey(importer, parts: parts, sha256: sha256)
    if let record = try await adoptExisting(key, name: name, of: upload.sources) {
      upload.discard()
      return record
    }
    let sources = parts.map {
      DatasetImporter.Part(name: $0.name, file: upload.file(for: $0.name))
    }
    let description = try await importing {
      try importer.run(parts: sources, into: upload.directory, sha256: sha256)
    }
    return try await gate.run {
      if self.files.exists(key) {
        // Someone else uploaded the same in the meantime.
        upload.discard()
      } else {
        try self.keep(upload, as: key)
      }
      return try await self.insert(key, name: name, description, of: upload.sources)
    }
  }

  private func adoptExisting(
    _ key: String, name: String?, of uploads: [UploadID]
  ) async throws -> DatasetRecord? {
    try await gate.run {
      guard self.files.exists(key) else { return nil }
      let dataset = try Dataset.open(directory: self.files.folder(key))
      return try await self.insert(key, name: name, dataset.description, of: uploads)
    }
  }

  /// - Precondition: the gate is held, and the key's folder is there.
  private func insert(
    _ key: String, name: String?, _ description: DatasetDescription, of uploads: [UploadID]
  ) async throws -> DatasetRecord {
    do {
      let id = DatasetID.make()
      let record = DatasetRecord(
        id: id, name: name ?? id.rawValue, format: description.format.rawValue, content: key,
        description: "\(description.json)", sizeBytes: description.sizeBytes,
        sha256: description.sha256)
      try await store.datasets.insert(record, of: uploads)
      return record
    } catch {
      await removeUnnamed([key])
      throw error
    }
  }

  /// Makes an upload's folder that of datasets.
  ///
  /// - Precondition: the gate is held, and there is no such folder.
  func keep(_ upload: StagedUpload, as key: String) throws(LibraryError) {
    do {
      try files.adopt(upload.directory, as: key)
    } catch {
      throw LibraryError.storing("keep the dataset", error)
    }
  }

  /// Removes those folders that no dataset names.
  ///
  /// - Precondition: the gate is held.
  func removeUnnamed(_ keys: [String]) async {
    guard let known = try? await store.datasets.contents() else { return }
    for key in keys where files.exists(key) && !known.contains(key) { files.remove(key) }
  }

  /// The hash of all parts' bytes, one part after the other.
  func digest(of parts: [StagedUpload.Part], _ upload: StagedUpload) throws -> String {
    if parts.count == 1 { return parts[0].digest.hexadecimal }
    let hash = SHA256()
    do {
      for part in parts { try hash.update(file: upload.file(for: part.name)) }
    } catch {
      throw LibraryError.storing("read the upload", error)
    }
    return hash.digest().hexadecimal
  }

  /// Also tells apart uploads whose parts are cut differently out of the same bytes.
  func storageKey(
    _ importer: DatasetImporter, parts: [StagedUpload.Part], sha256: String
  ) -> String {
    let key = importer.storageKey(sha256: sha256)
    guard parts.contains(where: { $0.name != nil }) else { return key }
    let list = parts.map { "\($0.name ?? "") \($0.digest)\n" }.joined()
    return SHA256.digest(of: "\(key)\n\(list)".utf8).hexadecimal
  }

  /// Runs an import on a thread of its own, when there is room for one more.
  func importing<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    let queue = queue
    return try await importers.run {
      try await withCheckedThrowingContinuation { continuation in
        queue.async {
          continuation.resume(with: Swift.Result { try body() })
        }
      }
    }
  }

  // MARK: - Reading

  /// - Throws: `LibraryError.notFound`.
  public func record(_ id: DatasetID) async throws -> DatasetRecord {
    guard let record = try await store.datasets.get(id) else { throw notFound(id) }
    return record
  }

  /// At most `limit` datasets, newest first, older than `before`.
  public func list(limit: Int, before: DatasetID?) async throws -> [DatasetRecord] {
    try await store.datasets.list(limit: limit, before: before)
  }

  /// Maps a dataset for reading; it stays readable even when it's deleted meanwhile.
  public func open(_ record: DatasetRecord) throws(DatasetError) -> Dataset {
    if let dataset = opened.withLock({ $0[record.content] }) { return dataset }
    let dataset = try Dataset.open(directory: folder(record))
    opened.withLock { $0[record.content] = dataset }
    return dataset
  }

  /// Where a dataset's files lie.
  func folder(_ record: DatasetRecord) -> URL { files.folder(record.content) }

  public func open(_ id: DatasetID) async throws -> Dataset { try open(await record(id)) }

  /// What is known of a dataset but its numbers.
  public func description(_ record: DatasetRecord) throws -> DatasetDescription {
    try DatasetDescription(JSON(parsing: record.description))
  }

  /// The bytes of an upload as they came.
  public struct Content: Sendable {
    public let file: URL
    /// A name for these bytes that no others have.
    public let tag: String
    /// What the file may be called.
    public let name: String
    public let byteCount: Int
    /// Whether the upload had no other part.
    public let isWhole: Bool
  }

  /// The bytes of an upload, or of one of its parts; the first when none is named.
  ///
  /// - Throws: `LibraryError.notFound` for a part that the upload didn't have.
  public func content(of record: DatasetRecord, part: String?) throws -> Content {
    let folder = files.folder(record.content)
    let candidates = part.map { [$0] } ?? [nil] + StagedUpload.partNames + partNames(of: record)
    for candidate in candidates {
      if let candidate, !StagedUpload.isPartName(candidate) { continue }
      let file = StagedUpload.file(for: candidate, in: folder)
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: file.path(percentEncoded: false))
      guard let size = (attributes?[.size] as? NSNumber)?.intValue else { continue }
      let format = (try? description(record).format.rawValue) ?? "bin"
      let suffix = candidate.map { "-\($0)" } ?? ""
      return Content(
        file: file, tag: record.content.prefix(32) + suffix,
        name: "\(record.id)\(suffix).\(format)", byteCount: size, isWhole: candidate == nil)
    }
    throw LibraryError(
      .notFound, "dataset \(record.id) has no part \"\(part ?? "")\"; leave part out")
  }

  /// The arrays of a dataset, which may have come as parts of their names.
  private func partNames(of record: DatasetRecord) -> [String] {
    guard let arrays = try? description(record).arrays else { return [] }
    return arrays.inputs.map(\.name) + arrays.targets.map(\.name)
  }

  // MARK: - Deleting

  /// Deletes a dataset, and its folder when no other dataset shares it.
  ///
  /// - Throws: `StoreError.notFound`, or `.conflict` while a run that isn't over uses it.
  public func delete(_ id: DatasetID) async throws {
    try await gate.run {
      let (content, isUnused) = try await self.store.datasets.delete(id)
      if isUnused {
        self.opened.withLock { $0[content] = nil }
        self.files.remove(content)
      }
    }
  }

  private func notFound(_ id: DatasetID) -> LibraryError {
    LibraryError(.notFound, "there is no dataset \"\(id)\"")
  }
}
