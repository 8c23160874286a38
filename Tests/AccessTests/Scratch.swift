import Foundation
import Store

/// A store in a folder of its own.
struct Scratch: ~Copyable {
  let store: Store
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "access-\(UUID().uuidString)")
    store = try Store(directory: folder)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
