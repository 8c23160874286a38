import Digests
import Foundation
import Store
import Synchronization

/// Uploads that come piece by piece, over several requests and across restarts of the server.
///
/// How much of one has come is its file's size: a piece is on disk before it is acknowledged, and what came of a piece that
/// was cut off stays.
public final class UploadLibrary: Sendable {
  /// That a project may have.
  public static let most = 1_000
  /// Bytes of what a client says of an upload.
  public static let longestMetadata = 4_096

  let store: Store
  let files: DatasetFiles
  let work = BlockingWork(label: "uploads", concurrent: 2, waiting: 64)
  /// Those that something is done with.
  private let busy = Mutex<Set<UploadID>>([])

  init(store: Store, files: DatasetFiles) {
    self.store = store
    self.files = files
  }

  /// The names of the files of those that go on; forgets those whose file is gone, as in a backup.
  func known() async throws -> Set<String> {
    var known: Set<String> = []
    for id in try await store.uploads.ids() {
      if (try? size(id)) != nil {
        known.insert(id.rawValue)
      } else {
        try await store.uploads.delete(id)
      }
    }
    return known
  }

  /// Begins an upload.
  ///
  /// - Throws: `StoreError.conflict`, `.quota`; `LibraryError` for the disk.
  public func create(
    length: Int, metadata: String, sha256: Digest?, isPartial: Bool = false
  ) async throws -> UploadRecord {
    let record = UploadRecord(
      length: length, metadata: metadata, sha256: sha256?.hexadecimal,
      concat: isPartial ? UploadRecord.partial : nil)
    do {
      try files.begin(record.id)
      try await store.uploads.insert(record, limit: Self.most)
    } catch {
      try? FileManager.default.removeItem(at: files.file(of: record.id))
      throw error is StoreError ? error : LibraryError.storing("begin an upload", error)
    }
    return record
  }

  /// - Throws: `LibraryError.notFound`.
  public func record(_ id: UploadID) async throws -> UploadRecord {
    guard let record = try await store.uploads.get(id) else {
      throw LibraryError(
        .notFound, "there is no upload \"\(id)\"; it was used or deleted, or nothing came for long")
    }
    return record
  }

  /// At most `limit` uploads, newest first, older than `before`.
  public func list(limit: Int, before: UploadID?) async throws -> [UploadRecord] {
    try await store.uploads.list(limit: limit, before: before)
  }

  /// How many bytes of an upload have come.
  ///
  /// - Throws: `LibraryError`.
  public func offset(of record: UploadRecord) throws -> Int { try size(record.id) }

  func size(_ id: UploadID) throws -> Int {
    do {
      let path = files.file(of: id).path(percentEncoded: false)
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return (attributes[.size] as? NSNumber)?.intValue ?? 0
    } catch {
      throw LibraryError.storing("read the upload", error)
    }
  }

  // MARK: - Pieces

  /// Takes a piece to disk.
  ///
  /// - Parameters:
  ///   - offset: where it begins, which must be where the upload ends.
  ///   - receive: brings its bytes, no more than there is room for.
  ///   - check: looks at the digest of its bytes; a piece that is looked at comes whole or not at all.
  /// - Returns: how many bytes there are now.
  /// - Throws: `StoreError.conflict` for another offset, and while another piece comes; `LibraryError`; what `receive` and
  ///   `check` throw.
  public func append(
    to record: UploadRecord, at offset: Int, check: ((Digest) throws -> Void)? = nil,
    _ receive: (_ sink: FileSink, _ room: Int) async throws -> Void
  ) async throws -> Int {
    try await alone(record.id) {
      let start = try size(record.id)
      guard offset == start else {
        throw StoreError(
          .conflict,
          "\(start) bytes of the upload are here, and this piece begins at \(offset); send it from Upload-Offset: \(start)"
        )
      }
      let sink = try FileSink(continuing: files.file(of: record.id), at: start)
      do {
        try await receive(sink, record.length - start)
        try sink.synchronize()
        let digest = try sink.finish()
        try check?(digest)
      } catch {
        if check != nil { try cut(record.id, to: start) }
        try? await store.uploads.touch(record.id)
        throw error
      }
      try await store.uploads.touch(record.id)
      return start + sink.byteCount
    }
  }

  private func cut(_ id: UploadID, to length: Int) throws {
    let sink = try FileSink(continuing: files.file(of: id), at: length)
    try sink.cut(to: length)
    try sink.synchronize()
  }

  func alone<Result>(
    _ id: UploadID, _ body: () async throws -> Result
  ) async throws -> Result {
    guard busy.withLock({ $0.insert(id).inserted }) else {
      throw StoreError(
        .conflict,
        "another piece of the upload is on its way; ask how far it is when that has ended"
      )
    }
    defer { busy.withLock { _ = $0.remove(id) } }
    return try await body()
  }

  // MARK: - Use

  /// Lays uploads that are whole into a staged one as its parts; they stay until something is made of it.
  ///
  /// - Throws: `StoreError.conflict` for one that isn't whole, or hasn't the digest that was announced; `LibraryError`,
  ///   `RunError.queueFull`.
  public func lend(
    _ uploads: [(name: String?, record: UploadRecord)], to staged: inout StagedUpload
  ) async throws -> [StagedUpload.Part] {
    var parts: [StagedUpload.Part] = []
    for (name, record) in uploads {
      let have = try size(record.id)
      guard have == record.length else {
        throw StoreError(
          .conflict, "\(have) of \(record.length) bytes of upload \(record.id) are here")
      }
      let file = staged.file(for: name)
      do {
        try FileManager.default.linkItem(at: files.file(of: record.id), to: file)
      } catch {
        throw LibraryError.storing("use the upload", error)
      }
      let digest = try await work.run { try Self.digest(of: file) }
      if let announced = record.sha256, announced != digest.hexadecimal {
        throw StoreError(
          .conflict,
          "the SHA-256 of upload \(record.id) is \(digest.base64), not what Repr-Digest said; delete it and send it again"
        )
      }
      parts.append(StagedUpload.Part(name: name, byteCount: have, digest: digest))
      staged.sources.append(record.id)
    }
    return parts
  }

  private static func digest(of file: URL) throws -> Digest {
    let hash = SHA256()
    do {
      try hash.update(file: file)
    } catch {
      throw LibraryError.storing("read the upload", error)
    }
    return hash.digest()
  }

  // MARK: - End

  /// Forgets an upload of which something was made.
  public func used(_ record: UploadRecord) async {
    // What can't be removed now goes when its time is over, or at the next start.
    try? await store.uploads.delete(record.id)
    try? FileManager.default.removeItem(at: files.file(of: record.id))
  }

  /// Deletes an upload.
  ///
  /// - Throws: `StoreError.notFound`, and `.conflict` while a piece comes.
  public func delete(_ id: UploadID) async throws {
    try await alone(id) {
      try await store.uploads.delete(id)
      try? FileManager.default.removeItem(at: files.file(of: id))
    }
  }

  /// Deletes an upload whose time is over, unless a piece comes just now; answers whether it did.
  func expire(_ id: UploadID) async throws -> Bool {
    do {
      try await delete(id)
      return true
    } catch let error as StoreError where [.conflict, .notFound].contains(error.code) {
      return false
    }
  }
}
