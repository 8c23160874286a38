import SQLite

/// Room in the database's file, in pages.
public struct StoreSpace: Hashable, Sendable {
  public let pageBytes: Int
  public let pages: Int
  /// Those that hold nothing, and are filled before the file grows.
  public let freePages: Int

  public init(pageBytes: Int, pages: Int, freePages: Int) {
    self.pageBytes = pageBytes
    self.pages = pages
    self.freePages = freePages
  }

  public var freeBytes: Int { freePages * pageBytes }
  public var usedBytes: Int { (pages - freePages) * pageBytes }

  /// Free bytes, and their share of the file, beyond which the disk gets some back.
  static let most = (bytes: 64 << 20, share: 0.2)
  /// What stays for what is written next.
  static let reserve = (bytes: 16 << 20, share: 0.05)
  /// Pages that one transaction gives back at most: half a MiB.
  public static let pagesAtOnce = 64

  /// Whether so much is free that it is time to give some back.
  public var isWasteful: Bool {
    freeBytes > Self.most.bytes
      || freeBytes > Self.reserve.bytes && Double(freePages) > Self.most.share * Double(pages)
  }

  /// Pages to give back until only the reserve is free.
  public var excessPages: Int {
    let share = Int(Self.reserve.share * Double(pages))
    return max(0, freePages - min(Self.reserve.bytes / pageBytes, share))
  }

  init(_ connection: SQLiteConnection) throws {
    func figure(_ pragma: String) throws -> Int {
      try connection.first("PRAGMA \(pragma)") { row in row.integer(0) } ?? 0
    }
    self.init(
      pageBytes: try figure("page_size"), pages: try figure("page_count"),
      freePages: try figure("freelist_count"))
  }
}

extension Store {
  public func space() async throws -> StoreSpace { try await read { try StoreSpace($0) } }

  /// Gives free pages at the end of the file back to the disk, after moving what lies there; in one short transaction.
  ///
  /// - Returns: the room that there is then. A store whose file can't shrink, as none of ours is, stays as it was.
  public func giveBack(pages: Int) async throws -> StoreSpace {
    try await writeUnsynced { connection in
      try connection.execute(
        script: "PRAGMA incremental_vacuum(\(min(pages, StoreSpace.pagesAtOnce)))")
      return try StoreSpace(connection)
    }
  }
}
