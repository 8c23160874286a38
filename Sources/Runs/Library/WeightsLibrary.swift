import Foundation
import JSON
import Store
import Training

/// The files of weights that clients bring: read whole before they are kept, and cut into the store.
public struct WeightsLibrary: Sendable {
  public static let longestName = 200
  /// Bytes of a file.
  public static let largestFile = 1 << 30
  /// Files that are read at once, and those that may wait.
  static let readings = (concurrent: 1, waiting: 16)

  private let store: Store
  private let work = BlockingWork(
    label: "weights", concurrent: readings.concurrent, waiting: readings.waiting)

  public init(store: Store) { self.store = store }

  /// Keeps an upload whose bytes have all arrived. It stays the caller's to discard.
  ///
  /// - Throws: `TrainingError.invalidWeights` for what is wrong with the file, `LibraryError` for the disk,
  ///   `RunError.queueFull`.
  public func create(
    _ upload: StagedUpload, _ part: StagedUpload.Part, name: String?
  ) async throws -> WeightsRecord {
    let file = upload.file(for: part.name)
    let (format, description) = try await work.run { try Self.read(file) }
    let id = WeightsID.make()
    let record = WeightsRecord(
      id: id, name: name ?? id.rawValue, format: format.rawValue, description: "\(description)",
      sizeBytes: part.byteCount, sha256: part.digest.hexadecimal)
    let handle = try Self.open(file)
    defer { try? handle.close() }
    try await store.weights.insert(record, of: upload.sources) { offset, count in
      do {
        try handle.seek(toOffset: UInt64(offset))
        return [UInt8](try handle.read(upToCount: count) ?? Data())
      } catch {
        throw LibraryError.storing("read the upload", error)
      }
    }
    return record
  }

  private static func open(_ file: URL) throws(LibraryError) -> FileHandle {
    do {
      return try FileHandle(forReadingFrom: file)
    } catch {
      throw LibraryError.storing("read the upload", error)
    }
  }

  private static func read(_ file: URL) throws -> (WeightsFile, JSON) {
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try Data(contentsOf: file, options: .mappedIfSafe))
    } catch {
      throw LibraryError.storing("read the upload", error)
    }
    guard let format = WeightsFile.sniffed(bytes) else { throw unknown(bytes) }
    return (format, description(try format.read(bytes)))
  }

  private static func unknown(_ bytes: [UInt8]) -> TrainingError {
    let found =
      switch bytes.first {
      case nil: "the body is empty"
      case 0x80: "the body is a Python pickle, which may run any code and isn't read"
      case 0x89: "the body looks like HDF5, which isn't read"
      case 0x93: "the body is a single npy array"
      default: "the body is of neither format"
      }
    return TrainingError(
      .invalidWeights, "\(found); send a safetensors file, or an npz with an array a parameter")
  }

  private static func description(_ tensors: [StoredTensor]) -> JSON {
    [
      "tensors": .array(
        tensors.map { tensor in
          var object = JSONObject([
            ("name", .string(tensor.name)), ("dtype", .string(tensor.type)),
            ("shape", .array(tensor.tensor.shape.dimensions.map { .integer($0) })),
          ])
          let count = tensor.nonFiniteCount
          if count > 0 { object["non_finite"] = .integer(count) }
          return .object(object)
        })
    ]
  }

  /// - Throws: `LibraryError.notFound`.
  public func record(_ id: WeightsID) async throws -> WeightsRecord {
    guard let record = try await store.weights.get(id) else {
      throw LibraryError(.notFound, "there are no weights \"\(id)\"")
    }
    return record
  }

  /// At most `limit` files, newest first, older than `before`.
  public func list(limit: Int, before: WeightsID?) async throws -> [WeightsRecord] {
    try await store.weights.list(limit: limit, before: before)
  }

  /// The bytes that were uploaded, to be read stretch by stretch.
  public func content(of record: WeightsRecord) -> WeightsDownload {
    let weights = store.weights
    let format = WeightsFile(rawValue: record.format) ?? .safetensors
    return WeightsDownload(
      byteCount: record.sizeBytes, tag: record.sha256, mediaType: format.mediaType,
      fileName: "\(record.id).\(format.fileExtension)"
    ) { offset, count in
      try await weights.read(record, offset: offset, count: count)
    }
  }

  /// Deletes a file; runs have copies of what they begin with.
  ///
  /// - Throws: `StoreError.notFound`.
  public func delete(_ id: WeightsID) async throws { try await store.weights.delete(id) }
}
