import JSON
import Store
import Training

/// A weights file, ready to be read stretch by stretch.
public struct WeightsDownload: Sendable {
  public let byteCount: Int
  /// The file's content, as a strong entity tag without its quotes.
  public let tag: String
  public let mediaType: String
  public let fileName: String
  private let source: @Sendable (Int, Int) async throws -> [UInt8]

  /// At most `count` bytes from `offset`.
  public func read(offset: Int, count: Int) async throws -> [UInt8] {
    try await source(offset, count)
  }

  init(
    byteCount: Int, tag: String, mediaType: String, fileName: String,
    source: @escaping @Sendable (Int, Int) async throws -> [UInt8]
  ) {
    self.byteCount = byteCount
    self.tag = tag
    self.mediaType = mediaType
    self.fileName = fileName
    self.source = source
  }
}

extension RunService {
  /// A run's weights.
  ///
  /// - Parameters:
  ///   - checkpoint: `best`, `latest`, `initial` or a step.
  ///   - format: `safetensors` or `npz`.
  /// - Throws: `RunError.invalidRequest` for any other, `noCheckpoint` when there are no such weights.
  public func weights(
    _ id: RunID, checkpoint: String = "latest", format: String = "safetensors"
  ) async throws -> WeightsDownload {
    guard let file = WeightsFile(rawValue: format) else {
      throw RunError(
        .invalidRequest,
        "format \"\(format.prefix(40))\" is unknown; one of: "
          + WeightsFile.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let found = try await self.checkpoint(id, checkpoint)
    let name = "\(id)-\(checkpoint).\(file.fileExtension)"
    switch file {
    case .safetensors:
      let checkpoints = store.checkpoints
      return WeightsDownload(
        byteCount: found.sizeBytes, tag: found.sha256, mediaType: file.mediaType, fileName: name
      ) { offset, count in
        try await checkpoints.read(found, offset: offset, count: count)
      }
    case .npz:
      let stored = try await store.checkpoints.weights(found)
      let bytes = try file.encoded(try WeightsFile.safetensors.decoded(stored))
      return WeightsDownload(
        byteCount: bytes.count, tag: "npz-" + found.sha256, mediaType: file.mediaType,
        fileName: name
      ) { offset, count in
        Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
      }
    }
  }

  /// Finds a run's checkpoint by name or step.
  func checkpoint(_ id: RunID, _ name: String) async throws -> CheckpointSummary {
    let found: CheckpointSummary?
    switch name {
    case "latest": found = try await store.checkpoints.newest(id)
    case "best":
      // Where nothing was ever the best, as in a run of one epoch that was stopped, the newest is.
      if let best = try await store.checkpoints.find(id, kind: "best") {
        found = best
      } else {
        found = try await store.checkpoints.newest(id)
      }
    case "initial": found = try await store.checkpoints.find(id, kind: "initial")
    default:
      guard let step = Int(name), step >= 0 else {
        throw RunError(
          .invalidRequest,
          "checkpoint \"\(name.prefix(40))\" is unknown; best, latest, initial or a step")
      }
      found = try await store.checkpoints.find(id, step: step)
    }
    guard let found else {
      let there = try await store.checkpoints.list(id).map {
        $0.kind == "periodic" ? "\($0.step)" : $0.kind
      }
      throw RunError(
        .noCheckpoint,
        "run \(id) has no weights \"\(name.prefix(40))\""
          + (there.isEmpty ? " yet" : "; it has: \(there.joined(separator: ", "))"))
    }
    return found
  }
}
