import Datasets
import NeuralNetworks
import Tensors

/// Where examples come from: a dataset, or arrays in memory.
public protocol ExampleSource: Sendable {
  var examples: Int { get }
  /// Without the batch axis.
  var inputShape: Shape { get }
  var lossTarget: LossTarget { get }

  /// Copies examples, in the order of `indices`, one after the other.
  ///
  /// - Parameter targets: `int32` classes, or `float32` numbers.
  func gather(
    indices: UnsafeBufferPointer<Int>, inputs: UnsafeMutablePointer<Float>,
    targets: UnsafeMutableRawPointer)

  /// The class of every example; none when the targets are no classes.
  var classIndices: [Int32] { get }
}

extension Dataset: ExampleSource {
  public var lossTarget: LossTarget { description.lossTarget }
}

extension DatasetDescription {
  /// The target as a loss sees it.
  public var lossTarget: LossTarget {
    switch target {
    case .classes(let names, _): .classes(names.count)
    case .vector(let shape, _, _): .vector(shape)
    }
  }
}

/// Examples that lie in memory.
public struct MemoryExamples: ExampleSource {
  public enum Targets: Sendable {
    /// Which class, and of how many, at each place of the shape.
    case classes([Int32], count: Int, shape: Shape = [])
    case numbers([Float], shape: Shape)
  }

  public let inputShape: Shape
  /// Elements of one example's input.
  private let width: Int
  private let inputs: [Float]
  private let targets: Targets

  /// - Precondition: as many inputs as targets.
  public init(inputs: [Float], shape: Shape, targets: Targets) {
    self.inputs = inputs
    inputShape = shape
    width = shape.count
    self.targets = targets
    precondition(inputs.count == examples * shape.count, "inputs and targets differ in number")
  }

  public var examples: Int {
    switch targets {
    case .classes(let classes, _, let shape): classes.count / max(shape.count, 1)
    case .numbers(let numbers, let shape): numbers.count / max(shape.count, 1)
    }
  }

  public var lossTarget: LossTarget {
    switch targets {
    case .classes(_, let count, let shape): .classes(count, shape: shape)
    case .numbers(_, let shape): .vector(shape)
    }
  }

  public func gather(
    indices: UnsafeBufferPointer<Int>, inputs: UnsafeMutablePointer<Float>,
    targets: UnsafeMutableRawPointer
  ) {
    let width = self.width
    self.inputs.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      for row in 0..<indices.count {
        (inputs + row * width).update(from: base + indices[row] * width, count: width)
      }
    }
    switch self.targets {
    case .classes(let classes, _, let shape):
      let classTargets = targets.assumingMemoryBound(to: Int32.self)
      let places = shape.count
      for row in 0..<indices.count {
        for place in 0..<places {
          classTargets[row * places + place] = classes[indices[row] * places + place]
        }
      }
    case .numbers(let numbers, let shape):
      let numberTargets = targets.assumingMemoryBound(to: Float.self)
      let width = shape.count
      for row in 0..<indices.count {
        for column in 0..<width {
          numberTargets[row * width + column] = numbers[indices[row] * width + column]
        }
      }
    }
  }

  public var classIndices: [Int32] {
    if case .classes(let classes, _, let shape) = targets, shape.rank == 0 { classes } else { [] }
  }
}
