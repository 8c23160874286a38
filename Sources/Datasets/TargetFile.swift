import Foundation
import Tensors

/// The values of one target of a dataset, mapped into memory: `int32` classes or `float32` numbers.
final class TargetFile: Sendable {
  private let file: MappedFile
  let examples: Int
  private let width: Int
  private let adaptation: TargetAdaptation?

  init(
    _ file: URL, _ target: DatasetDescription.Target, examples: Int
  ) throws(DatasetError) {
    self.file = try MappedFile(file)
    self.examples = examples
    width = target.shape.count
    adaptation = nil
    try self.file.check(examples: examples, bytes: width * 4)
  }

  /// The same values, gathered as another dataset's would be.
  init(_ other: TargetFile, adaptation: TargetAdaptation) {
    file = other.file
    examples = other.examples
    width = other.width
    self.adaptation = adaptation
  }

  /// - Precondition: every index is one of an example, and the place is large enough.
  func gather(indices: UnsafeBufferPointer<Int>, into destination: UnsafeMutableRawPointer) {
    let bytes = width * 4
    for row in 0..<indices.count {
      let index = indices[row]
      precondition(index >= 0 && index < examples, "example \(index) of \(examples)")
      if let source = file.bytes.baseAddress {
        (destination + row * bytes).copyMemory(from: source + index * bytes, byteCount: bytes)
      }
    }
    adaptation?.adapt(destination, count: indices.count, places: width)
  }

  /// Bytes of the file.
  var byteCount: Int { file.bytes.count }

  func readsAtRandom() { file.readsAtRandom() }

  /// Has the disk begin to read an example's.
  func readAhead(_ example: Int) { file.willNeed(example * width * 4, count: width * 4) }

  /// - Precondition: the target is one class an example.
  func classIndex(_ example: Int) -> Int32 {
    precondition(example >= 0 && example < examples, "example \(example) of \(examples)")
    let stored = file.bytes.loadUnaligned(fromByteOffset: example * 4, as: Int32.self)
    return adaptation?.classIndex(stored) ?? stored
  }
}
