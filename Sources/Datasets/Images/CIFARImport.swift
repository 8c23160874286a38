import Foundation
import Tensors

/// Decodes the binary form of CIFAR-10 and CIFAR-100: records of one or two labels and 3 × 32 × 32 bytes, channel after channel.
///
/// Krizhevsky 2009, Learning multiple layers of features from tiny images.
struct CIFARImport {
  let file: URL
  let limits: ImportLimits

  private static let pixels = 3 * 32 * 32

  func run(into directory: URL) throws(DatasetError) -> DecodedParts {
    let labels = try labelCount()
    let record = labels + Self.pixels
    let source = try openSource(file, limits: limits)
    let inputs = try OutputFile(directory.appendingPathComponent(Dataset.FileName.inputs))
    let targets = try OutputFile(directory.appendingPathComponent(Dataset.FileName.targets))
    let most = labels == 1 ? 10 : 100
    var counts = [Int](repeating: 0, count: most)
    var statistics = ByteStatistics()
    var examples = 0
    while true {
      let bytes = try source.bytes(record)
      if bytes.isEmpty { break }
      // Of two labels the last is the fine one.
      let label = Int(bytes[labels - 1])
      guard bytes.count == record, label < most else {
        throw DatasetError(
          .malformed,
          bytes.count == record
            ? "the label \(label) is none from 0 to \(most - 1); is this CIFAR's binary form?"
            : "is truncated: a record has \(record) bytes, the last one \(bytes.count)",
          row: examples + 1, byte: examples * record)
      }
      let image = Array(bytes[labels...])
      statistics.add(image)
      try inputs.append(image)
      try targets.append([Int32(label)])
      counts[label] += 1
      examples += 1
    }
    guard examples > 0 else { throw DatasetError(.empty, "the file is empty") }
    try inputs.finish()
    try targets.finish()
    return DecodedParts(
      examples: examples,
      input: .init(
        shape: [3, 32, 32], stored: .uint8, scalings: [.unit], statistics: statistics.summary),
      target: .classes(names: (0..<most).map(String.init), counts: counts), columns: [])
  }

  /// One label of CIFAR-10, two of CIFAR-100: whichever makes whole records.
  private func labelCount() throws(DatasetError) -> Int {
    let source = try openSource(file, limits: limits)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    var size = 0
    while true {
      let count = try source.fill(buffer)
      size += count
      if count < buffer.count { break }
    }
    let found = [1, 2].first { size % ($0 + Self.pixels) == 0 }
    guard let found else {
      throw DatasetError(
        .malformed,
        "\(size) bytes are no whole number of records of 3,073 or 3,074; is it truncated?",
        byte: size)
    }
    return found
  }
}
