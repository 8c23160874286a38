import Foundation
import Testing

@testable import Datasets

/// Each import runs in a process of its own, where nothing else moves the resident memory.
@Suite("Memory of an import")
struct MemoryTests {
  /// Bytes by which an import may move resident memory.
  private static let bound = 16 << 20

  /// The most memory that ever was resident, in bytes; `nil` where the system doesn't tell.
  private static func peak() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    else { return nil }
    return Int(kilobytes).map { $0 * 1_024 }
  }

  /// Writes `piece` many times behind `head`.
  private static func write(_ head: [UInt8], _ piece: [UInt8], times: Int, to file: URL) throws {
    let output = try OutputFile(file)
    try output.append(head)
    for _ in 0..<times { try output.append(piece) }
    try output.finish()
  }

  private static func check(
    _ workspace: Workspace, _ file: URL, targets: URL? = nil, examples: Int,
    _ query: [String: String] = [:]
  ) throws {
    let small = try workspace.imported(text: "a,b\n1,x\n2,y\n")
    #expect(small.examples == 2)
    let before = peak() ?? 0
    let dataset = try workspace.imported(file, targets: targets, query)
    let growth = (peak() ?? 0) - before
    #expect(dataset.examples == examples)
    #expect(growth < bound, "resident memory grew by \(growth) bytes")
  }

  @Test("a table of 32 MB moves resident memory by less than 16 MB")
  func table() async {
    await #expect(processExitsWith: .success) {
      let workspace = try Workspace()
      let file = workspace.folder.appendingPathComponent("large.csv")
      // Wide rows of text keep a debug build quick.
      let row = Array(("\"" + String(repeating: "x", count: 8_000) + "\",1\n").utf8)
      try MemoryTests.write(Array("text,label\n".utf8), row, times: 4_000, to: file)
      try MemoryTests.check(workspace, file, examples: 4_000)
    }
  }

  @Test("a table that becomes 40 MB does so, where its categories are encoded by the target too")
  func targetCodes() async {
    await #expect(processExitsWith: .success) {
      let workspace = try Workspace()
      let file = workspace.folder.appendingPathComponent("wide.csv")
      let head = (0..<100).map { "x\($0)," }.joined() + "city,label\n"
      let numbers = String(repeating: "1,", count: 100)
      let rows = (0..<100).map { "\(numbers)c\($0 % 7),\($0 % 2)\n" }.joined()
      try MemoryTests.write(Array(head.utf8), Array(rows.utf8), times: 1_000, to: file)
      try MemoryTests.check(workspace, file, examples: 100_000, ["categories": "target"])
    }
  }

  @Test("an array of 64 MB does so in either order", arguments: ["False", "True"])
  func array(isFortran: String) async {
    await #expect(processExitsWith: .success) { [isFortran] in
      let workspace = try Workspace()
      let features = workspace.folder.appendingPathComponent("features.npy")
      let targets = workspace.folder.appendingPathComponent("targets.npy")
      try MemoryTests.write(
        NPYFile.head(
          "{'descr': '<f8', 'fortran_order': \(isFortran), 'shape': (8192, 1024)}"),
        [UInt8](repeating: 0, count: 1 << 20), times: 64, to: features)
      try MemoryTests.write(
        NPYFile.head("{'descr': '|u1', 'fortran_order': False, 'shape': (8192,)}"),
        [UInt8](repeating: 1, count: 8_192), times: 1, to: targets)
      try MemoryTests.check(
        workspace, features, targets: targets, examples: 8_192, ["scale": "standard"])
    }
  }
}
