import Foundation
import Synchronization

/// Removes folders that are of no use any more. What can't be removed now, as when no more files may be opened, is tried
/// again with the next.
final class Trash: Sendable {
  /// How many are remembered; the next start sweeps what was forgotten.
  private static let most = 10_000

  private let left = Mutex<Set<URL>>([])

  func remove(_ folder: URL) {
    left.withLock { left in
      if left.count < Self.most { left.insert(folder) }
    }
    empty()
  }

  /// Tries what is left once more.
  func empty() {
    let all = left.withLock { $0 }
    for folder in all {
      do {
        try FileManager.default.removeItem(at: folder)
      } catch CocoaError.fileNoSuchFile {
      } catch {
        continue
      }
      left.withLock { _ = $0.remove(folder) }
    }
  }
}
