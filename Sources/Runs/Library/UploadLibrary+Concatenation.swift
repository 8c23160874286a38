import Digests
import Foundation
import Store

extension UploadLibrary {
  /// Puts uploads together that came side by side, in the order given. They are gone then; where that fails they stay as they are.
  ///
  /// - Parameters:
  ///   - parts: partial uploads, one after the other; one may be named once.
  ///   - concat: what the client asked for.
  /// - Throws: `StoreError.conflict` for one that isn't a part, or isn't whole, `.quota`; `LibraryError` for the disk.
  public func concatenate(
    _ parts: [UploadRecord], metadata: String, sha256: Digest?, concat: String
  ) async throws -> UploadRecord {
    try await alone(parts.map(\.id)) {
      for part in parts {
        guard part.isPartial else {
          throw StoreError(
            .conflict,
            "upload \(part.id) is no part of another; begin parts with Upload-Concat: partial")
        }
        let have = try size(part.id)
        guard have == part.length else {
          throw StoreError(
            .conflict, "\(have) of \(part.length) bytes of upload \(part.id) are here")
        }
      }
      let record = UploadRecord(
        length: parts.reduce(0) { $0 + $1.length }, metadata: metadata,
        sha256: sha256?.hexadecimal, concat: concat)
      do {
        let files = files
        try await work.run { try files.concatenate(parts.map(\.id), to: record.id) }
        try await store.uploads.insert(record, limit: Self.most, replacing: parts.map(\.id))
      } catch {
        try? FileManager.default.removeItem(at: files.file(of: record.id))
        throw error is StoreError || error is RunError
          ? error : LibraryError.storing("put the uploads together", error)
      }
      for part in parts { try? FileManager.default.removeItem(at: files.file(of: part.id)) }
      return record
    }
  }

  /// Does something with several uploads while nothing comes to any.
  private func alone<Result>(
    _ ids: [UploadID], _ body: () async throws -> Result
  ) async throws -> Result {
    guard let id = ids.first else { return try await body() }
    return try await alone(id) { try await alone(Array(ids.dropFirst()), body) }
  }
}
