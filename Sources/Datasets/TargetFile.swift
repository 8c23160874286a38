import Foundation
import Tensors

/// The values of one target of a dataset, mapped into memory: `int32` classes or `float32` numbers.
final class TargetFile: Sendable {
  private let file: MappedFile
  let examples: Int
  private let width: Int
  private let adaptation: TargetAdaptation?
  /// Where the rows are that examples are to predict; `nil` where what is stored is an example's each.
  private let series: SeriesExamples?
  /// Numbers of one row as they are stored.
  private let rowWidth: Int

  init(
    _ file: URL, _ target: DatasetDescription.Target, examples: Int, series: SeriesExamples? = nil
  ) throws(DatasetError) {
    self.file = try MappedFile(file)
    self.examples = examples
    width = target.shape.count
    adaptation = nil
    self.series = series.flatMap { $0.windows.storesAllTargets ? $0 : nil }
    rowWidth = width / (self.series?.windows.targetRows ?? 1)
    try self.file.check(
      examples: self.series?.windows.rows ?? examples, bytes: rowWidth * 4)
  }

  /// The same values, gathered as another dataset's would be.
  init(_ other: TargetFile, adaptation: TargetAdaptation) {
    file = other.file
    examples = other.examples
    width = other.width
    (series, rowWidth) = (other.series, other.rowWidth)
    self.adaptation = adaptation
  }

  /// - Precondition: every index is one of an example, and the place is large enough.
  func gather(indices: UnsafeBufferPointer<Int>, into destination: UnsafeMutableRawPointer) {
    let bytes = width * 4
    for row in 0..<indices.count {
      let index = indices[row]
      if let source = file.bytes.baseAddress {
        (destination + row * bytes).copyMemory(from: source + offset(index), byteCount: bytes)
      }
    }
    adaptation?.adapt(destination, count: indices.count, places: width)
  }

  /// Where an example's values begin, in bytes.
  private func offset(_ example: Int) -> Int {
    precondition(example >= 0 && example < examples, "example \(example) of \(examples)")
    return (series?.place(of: example).targets.lowerBound ?? example) * rowWidth * 4
  }

  /// Bytes of the file.
  var byteCount: Int { file.bytes.count }

  func readsAtRandom() { file.readsAtRandom() }

  /// Gives back the memory of what was read.
  func letGo() { file.letGo() }

  /// Has the disk begin to read an example's.
  func readAhead(_ example: Int) { file.willNeed(offset(example), count: width * 4) }

  /// - Precondition: the target is one class an example.
  func classIndex(_ example: Int) -> Int32 {
    let stored = file.bytes.loadUnaligned(fromByteOffset: offset(example), as: Int32.self)
    return adaptation?.classIndex(stored) ?? stored
  }
}
