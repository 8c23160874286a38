import CTables

/// The statistics of bytes, by how often each occurs.
struct ByteStatistics {
  private var counts = [UInt64](repeating: 0, count: 256)

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    tb_count_bytes(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &counts)
  }

  mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  var whole: RunningStatistics {
    var whole = RunningStatistics()
    for (value, count) in counts.enumerated() where count > 0 {
      let value = Double(value)
      whole.merge(
        RunningStatistics(
          count: Int(count), mean: value, squares: 0, minimum: value, maximum: value))
    }
    return whole
  }

  var summary: NumberStatistics { whole.summary }
}
