import Foundation
import Testing

@testable import Runs

@Suite struct MachineLimitsTests {
  private func limits(_ files: [String: String]) throws -> MachineLimits {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return MachineLimits(cores: 8, memoryBytes: 16 << 30, controlGroups: folder)
  }

  @Test("what the control group says, of either version, where it is less than the machine has")
  func groups() throws {
    let whole = try limits([:])
    #expect(whole.cores == 8 && whole.memoryBytes == 16 << 30)
    let second = try limits(["cpu.max": "250000 100000\n", "memory.max": "1073741824\n"])
    #expect(second.cores == 3 && second.memoryBytes == 1 << 30)
    let open = try limits(["cpu.max": "max 100000\n", "memory.max": "max\n"])
    #expect(open == whole)
    let first = try limits([
      "cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n",
      "memory/memory.limit_in_bytes": "9223372036854771712\n",
    ])
    #expect(first.cores == 1 && first.memoryBytes == 16 << 30)
    #expect(
      try limits(["cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"]) == whole)
    #expect(try limits(["cpu.max": "what 0\n", "memory.max": "-5"]) == whole)
  }
}
