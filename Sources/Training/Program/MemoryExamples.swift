import Datasets
import NeuralNetworks
import Tensors

/// Examples that lie in memory.
public struct MemoryExamples: ExampleSource {
  public enum Targets: Sendable {
    /// Which class, and of how many, at each place of the shape.
    case classes([Int32], count: Int, shape: Shape = [])
    case numbers([Float], shape: Shape)

    var lossTarget: LossTarget {
      switch self {
      case .classes(_, let count, let shape): .classes(count, shape: shape)
      case .numbers(_, let shape): .vector(shape)
      }
    }

    /// Elements of one example.
    var width: Int {
      switch self {
      case .classes(_, _, let shape), .numbers(_, let shape): shape.count
      }
    }

    var examples: Int {
      switch self {
      case .classes(let classes, _, _): classes.count / max(width, 1)
      case .numbers(let numbers, _): numbers.count / max(width, 1)
      }
    }
  }

  public let examples: Int
  public let inputs: [ExampleInput]
  public let targets: [ExampleTarget]
  private let inputNumbers: [[Float]]
  private let targetValues: [Targets]
  /// Elements of one example of each array.
  private let inputWidths: [Int]
  private let targetWidths: [Int]

  /// - Precondition: as many inputs as targets.
  public init(inputs: [Float], shape: Shape, targets: Targets) {
    self.init(
      inputs: [(InputSpec.onlyName, inputs, shape)], targets: [(ExampleTarget.onlyName, targets)])
  }

  /// Examples of several arrays, each with its name.
  ///
  /// - Precondition: at least one target, and as many examples in each array.
  public init(
    inputs: [(name: String, numbers: [Float], shape: Shape)],
    targets: [(name: String, values: Targets)]
  ) {
    let examples = targets[0].values.examples
    for input in inputs {
      precondition(input.numbers.count == examples * input.shape.count, "arrays differ in number")
    }
    for target in targets {
      precondition(target.values.examples == examples, "arrays differ in number")
    }
    self.examples = examples
    self.inputs = inputs.map { ExampleInput(name: $0.name, shape: $0.shape) }
    self.targets = targets.map { ExampleTarget(name: $0.name, $0.values.lossTarget) }
    inputNumbers = inputs.map(\.numbers)
    targetValues = targets.map(\.values)
    inputWidths = inputs.map(\.shape.count)
    targetWidths = targets.map(\.values.width)
  }

  public func gather(
    indices: UnsafeBufferPointer<Int>, inputs: [UnsafeMutableRawPointer?],
    targets: [UnsafeMutableRawPointer?]
  ) {
    // Loops over indices, and widths known before: other ways allocate where nothing is optimised.
    for index in inputs.indices {
      guard let place = inputs[index] else { continue }
      inputNumbers[index].withUnsafeBufferPointer {
        MemoryExamples.copy(
          UnsafeRawPointer($0.baseAddress), width: inputWidths[index], indices, to: place)
      }
    }
    for index in targets.indices {
      guard let place = targets[index] else { continue }
      let width = targetWidths[index]
      switch targetValues[index] {
      case .classes(let classes, _, _):
        classes.withUnsafeBufferPointer {
          MemoryExamples.copy(UnsafeRawPointer($0.baseAddress), width: width, indices, to: place)
        }
      case .numbers(let numbers, _):
        numbers.withUnsafeBufferPointer {
          MemoryExamples.copy(UnsafeRawPointer($0.baseAddress), width: width, indices, to: place)
        }
      }
    }
  }

  /// - Parameter width: elements of one example, of four bytes each.
  private static func copy(
    _ source: UnsafeRawPointer?, width: Int, _ indices: UnsafeBufferPointer<Int>,
    to place: UnsafeMutableRawPointer
  ) {
    guard let base = source else { return }
    let bytes = width * 4
    for row in 0..<indices.count {
      (place + row * bytes).copyMemory(from: base + indices[row] * bytes, byteCount: bytes)
    }
  }

  public var classIndices: ClassLabels {
    if case .classes(let classes, _, let shape) = targetValues[0], shape.rank == 0 {
      ClassLabels(classes)
    } else {
      []
    }
  }
}
