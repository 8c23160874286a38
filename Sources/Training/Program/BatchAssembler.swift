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
  /// Elements of one input, when they are tokens.
  private let tokens: Int?
  /// The classes of the batch assembled last; only when the targets are classes.
  let classes: UnsafeMutablePointer<Int32>?

  init(
    source: any ExampleSource, encoding: TargetEncoding, model: Model, largestBatch: Int
  ) {
    self.source = source
    self.encoding = encoding
    if case .classes(_, let shape) = source.lossTarget { places = shape.count } else { places = 1 }
    classCount = model.outputShape.count / max(places, 1)
    tokens = model.inputElement == .int32 ? model.inputShape.count : nil
    classes = encoding == .values ? nil : .allocate(capacity: largestBatch * places)
  }

  deinit { classes?.deallocate() }

  func assemble(
    _ indices: UnsafeBufferPointer<Int>, inputs: UnsafeMutableRawPointer,
    targets: UnsafeMutableRawPointer
  ) {
    let numbers = inputs.assumingMemoryBound(to: Float.self)
    defer { if let tokens { BatchAssembler.makeTokens(numbers, count: tokens * indices.count) } }
    guard let classes else {
      source.gather(indices: indices, inputs: numbers, targets: targets)
      return
    }
    source.gather(
      indices: indices, inputs: numbers, targets: UnsafeMutableRawPointer(classes))
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

  /// Turns numbers into `int32` where they lie.
  static func makeTokens(_ numbers: UnsafeMutablePointer<Float>, count: Int) {
    let raw = UnsafeMutableRawPointer(numbers)
    for index in 0..<count {
      let token = Int32(exactly: numbers[index]) ?? 0
      raw.storeBytes(of: token, toByteOffset: index * 4, as: Int32.self)
    }
  }
}
