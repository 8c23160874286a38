import Foundation
import SQLite

/// Room on the disk that is kept so that a full one still takes what makes room: a file that is given up for it.
struct Reserve: Sendable {
  /// Of the file, in bytes: enough to note deletions and to remove rows until freed pages can be used.
  static let size = 16 << 20
  /// Less free room than so many times the reserve's size isn't touched to make it.
  private static let leastShare = 4

  let file: URL

  /// Sets the room aside, where there is enough of it.
  ///
  /// - Throws: `StoreError` when the file can't be written for another reason than room.
  func restore() throws(StoreError) {
    // One that a killed process left half made is none.
    if let size = try? Disk.size(of: file) {
      if size == Self.size { return }
      try Disk.remove(file)
    }
    let folder = file.deletingLastPathComponent()
    guard try Disk.freeBytes(at: folder) > Self.leastShare * Self.size else { return }
    try Disk.allocate(Self.size, as: file)
  }

  /// Does what must be done on a full disk too: gives the room up for it where it needs that.
  func spent<Result>(on work: () throws -> Result) throws -> Result {
    do {
      return try work()
    } catch {
      guard isFor(error) else { throw error }
      return try work()
    }
  }

  func spent<Result>(on work: () async throws -> Result) async throws -> Result {
    do {
      return try await work()
    } catch {
      guard isFor(error) else { throw error }
      return try await work()
    }
  }

  /// Whether room was missing, and there is some now.
  private func isFor(_ error: any Error) -> Bool {
    StoreError(wrapping: error).code == .diskFull && (try? Disk.remove(file)) != nil
  }
}

extension Store {
  private var reserve: Reserve { Reserve(file: DataFolder(directory).reserve) }

  /// The same as `write` for what makes room, or ends what takes it: on a full disk the reserve is given up for it.
  func writeFromReserve<Result: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result
  ) async throws -> Result {
    try await reserve.spent(on: { try await write(body) })
  }

  /// The same as `writeAndWait`, likewise, for a thread that may wait.
  func writeFromReserveAndWait<Result: Sendable>(
    _ body: @Sendable (SQLiteConnection) throws -> Result,
    committed: @Sendable (Result) -> Void = { _ in }
  ) throws -> Result {
    try reserve.spent(on: { try writeAndWait(body, committed: committed) })
  }

  /// The same as `writeUnsynced`, likewise.
  func writeUnsyncedFromReserve<Result: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result
  ) async throws -> Result {
    try await reserve.spent(on: { try await writeUnsynced(body) })
  }

  /// Sets room aside again, once there is enough.
  public func restoreReserve() throws { try reserve.restore() }
}
