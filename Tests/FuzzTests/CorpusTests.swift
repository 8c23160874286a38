import Foundation
import Testing

/// What the fuzzers found worth keeping, again.
struct CorpusTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Corpus")

  @Test("what must hold of any bytes holds of those that were kept", arguments: FuzzTarget.allCases)
  func kept(_ target: FuzzTarget) throws {
    let folder = Self.folder.appending(path: target.rawValue)
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    #expect(files.count >= 10, "\(target) has too few")
    for file in files {
      let bytes = [UInt8](try Data(contentsOf: file))
      target.run(bytes)
      // Cut short and changed a little, they are new ones.
      for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 4)) {
        target.run(Array(bytes[..<length]))
        var changed = bytes
        changed[length] ^= 0x15
        target.run(changed)
      }
    }
  }
}
