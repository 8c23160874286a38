import Datasets
import Digests
import Foundation
import Store

/// An upload on its way: its parts lie in a folder of their own until it is a dataset.
///
/// Whoever staged it discards it when it fails; what a crash leaves is swept at the next start.
public struct StagedUpload: Sendable {
  /// A part that has arrived whole.
  public struct Part: Sendable {
    /// `features`, `targets`, or what the options name; `nil` for a body without parts.
    public let name: String?
    public let byteCount: Int
    public let digest: Digest

    public init(name: String?, byteCount: Int, digest: Digest) {
      self.name = name
      self.byteCount = byteCount
      self.digest = digest
    }
  }

  /// The names that parts may have, in the order in which they are kept.
  public static let partNames = [
    "features", "targets", "edges", "edge_features", "graphs", "train_mask", "validation_mask",
    "test_mask", "content", "cites",
  ]

  /// Whether a name can be that of a part: 1 to 64 letters, digits, hyphens and underscores.
  public static func isPartName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  let directory: URL
  let trash: Trash
  /// The uploads that came piece by piece and lie here as parts.
  var sources: [UploadID] = []

  /// Where the bytes of a part belong.
  public func file(for part: String?) -> URL { StagedUpload.file(for: part, in: directory) }

  /// Removes everything that arrived.
  public func discard() { trash.remove(directory) }

  static func file(for part: String?, in directory: URL) -> URL {
    directory.appending(path: part.map { "content-\($0)" } ?? "content")
  }
}
