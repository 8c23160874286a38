import Foundation

/// The cores and the memory that this process may use: the machine's, or less where its control group says so.
public struct MachineLimits: Hashable, Sendable {
  public let cores: Int
  public let memoryBytes: Int

  /// - Parameter controlGroups: where the kernel shows them, version 2 or 1.
  public init(
    cores: Int = ProcessInfo.processInfo.activeProcessorCount,
    memoryBytes: Int = Int(clamping: ProcessInfo.processInfo.physicalMemory),
    controlGroups: URL = URL(filePath: "/sys/fs/cgroup")
  ) {
    func words(_ file: String) -> [Substring]? {
      (try? String(contentsOf: controlGroups.appending(path: file), encoding: .utf8))?
        .split(whereSeparator: \.isWhitespace)
    }
    func number(_ file: String) -> Int? { words(file)?.first.flatMap { Int($0) } }
    // Version 2: "max 100000", or a quota and its period in microseconds.
    var quota = words("cpu.max").flatMap { words -> Double? in
      guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]) else {
        return nil
      }
      return quota / period
    }
    if quota == nil, let allowed = number("cpu/cpu.cfs_quota_us"), allowed > 0,
      let period = number("cpu/cpu.cfs_period_us"), period > 0
    {
      quota = Double(allowed) / Double(period)
    }
    let most = quota.flatMap { $0 > 0 ? Int(min($0.rounded(.up), 1e6)) : nil } ?? cores
    self.cores = max(1, min(cores, most))
    let memory = number("memory.max") ?? number("memory/memory.limit_in_bytes") ?? memoryBytes
    self.memoryBytes = memory > 0 ? min(memoryBytes, memory) : memoryBytes
  }
}
