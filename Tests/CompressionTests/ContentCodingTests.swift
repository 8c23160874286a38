import Foundation
import Testing

@testable import Compression

/// Each coding, read back by the command that everyone has for it.
@Suite struct ContentCodingTests {
  private static func decoded(_ bytes: [UInt8], by command: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [command, "-dc"]
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (input, output) = (folder.appending(path: "in"), folder.appending(path: "out"))
    try Data(bytes).write(to: input)
    try Data().write(to: output)
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return [UInt8](try Data(contentsOf: output))
  }

  /// Compressible text, and noise longer than any buffer.
  private static func samples() -> [[UInt8]] {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let text = Array(String(repeating: "{\"step\":1,\"loss\":0.25},", count: 20_000).utf8)
    return [[], [7], text, noise]
  }

  @Test("a whole comes back", arguments: ContentCoding.allCases)
  func whole(_ coding: ContentCoding) throws {
    for sample in Self.samples() {
      #expect(try Self.decoded(coding.encoded(sample), by: coding.rawValue) == sample)
    }
  }

  @Test(
    "pieces come back, and each that is flushed is there at once", arguments: ContentCoding.allCases
  )
  func pieces(_ coding: ContentCoding) throws {
    for sample in Self.samples() {
      let encoder = coding.makeEncoder()
      var all: [UInt8] = []
      for start in stride(from: 0, to: sample.count, by: 70_001) {
        let piece = Array(sample[start..<min(start + 70_001, sample.count)])
        all += encoder.encode(piece, start % 2 == 0 ? .flush : .more)
      }
      all += encoder.encode([], .end)
      #expect(try Self.decoded(all, by: coding.rawValue) == sample)
    }
    let encoder = coding.makeEncoder()
    #expect(!encoder.encode([1, 2, 3], .flush).isEmpty)
  }
}
