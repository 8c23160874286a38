import NeuralNetworks
import Tensors

/// Copies examples straight into the slots of a plan, targets laid out as the loss wants them.
///
/// Owns the memory that it needs for the largest batch, so that assembling allocates nothing.
final class BatchAssembler {
  let source: any ExampleSource
  private let encoding: TargetEncoding
  /// Places of a target that have a class of their own.
  private let places: Int
  private let classCount: Int
  /// The classes of the batch assembled last; only when the targets are classes.
  let classes: UnsafeMutablePointer<Int32>?

  init(
    source: any ExampleSource, encoding: TargetEncoding, outputWidth: Int, largestBatch: Int
  ) {
    self.source = source
    self.encoding = encoding
    if case .classes(_, let shape) = source.lossTarget { places = shape.count } else { places = 1 }
    classCount = outputWidth / max(places, 1)
    classes = encoding == .values ? nil : .allocate(capacity: largestBatch * places)
  }

  deinit { classes?.deallocate() }

  func assemble(
    _ indices: UnsafeBufferPointer<Int>, inputs: UnsafeMutablePointer<Float>,
    targets: UnsafeMutableRawPointer
  ) {
    guard let classes else {
      source.gather(indices: indices, inputs: inputs, targets: targets)
      return
    }
    source.gather(
      indices: indices, inputs: inputs, targets: UnsafeMutableRawPointer(classes))
    let rows = indices.count * places
    switch encoding {
    case .classIndices:
      targets.copyMemory(from: classes, byteCount: rows * MemoryLayout<Int32>.stride)
    case .classNumber:
      let numbers = targets.assumingMemoryBound(to: Float.self)
      for row in 0..<rows { numbers[row] = Float(classes[row]) }
    case .oneHot:
      let numbers = targets.assumingMemoryBound(to: Float.self)
      numbers.update(repeating: 0, count: rows * classCount)
      for row in 0..<rows { numbers[row * classCount + Int(classes[row])] = 1 }
    case .values:
      break
    }
  }
}
