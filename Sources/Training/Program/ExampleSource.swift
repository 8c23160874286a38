import Datasets
import NeuralNetworks
import Tensors

/// Where examples come from: a dataset, or arrays in memory.
///
/// An example is made of one input or several, and has one target or several; each is an array of its own.
public protocol ExampleSource: Sendable {
  var examples: Int { get }
  var inputs: [ExampleInput] { get }
  var targets: [ExampleTarget] { get }

  /// Copies examples, in the order of `indices`, one after the other.
  ///
  /// - Parameters:
  ///   - inputs: a place for each of `inputs`, `nil` where nobody wants it.
  ///   - targets: a place for each of `targets`, likewise: `int32` classes, or `float32` numbers.
  func gather(
    indices: UnsafeBufferPointer<Int>, inputs: [UnsafeMutableRawPointer?],
    targets: [UnsafeMutableRawPointer?])

  /// The class of every example by the first target; none when that has no classes.
  var classIndices: ClassLabels { get }

  /// Which examples train and which validate.
  ///
  /// - Parameter inOrder: whether the last ones validate, so that the order of both is that of the data.
  func split(validationFraction: Double, seed: UInt64, inOrder: Bool) -> Split

  /// Whether it may not lie in memory as a whole, so that examples are worth reading before they are gathered.
  var isLarge: Bool { get }

  /// Takes note that examples are gathered in no order, so that reading what lies around them is of no use.
  func readsAtRandom()

  /// Has the disk begin to read some examples.
  func readAhead(_ examples: [Int])

  /// Whether each example goes on where the one before it ended, as far as anyone knows.
  var followsOn: Bool { get }
}

extension ExampleSource {
  public var followsOn: Bool { true }
  public var isLarge: Bool { false }
  public func readsAtRandom() {}
  public func readAhead(_ examples: [Int]) {}

  public func split(validationFraction: Double, seed: UInt64, inOrder: Bool) -> Split {
    inOrder
      ? Split(examples: examples, lastFraction: validationFraction)
      : Split(
        examples: examples, validationFraction: validationFraction, seed: seed,
        classIndices: classIndices)
  }
}

/// One of the arrays that an example is made of.
public struct ExampleInput: Hashable, Sendable {
  public let name: String
  /// Without the batch axis.
  public let shape: Shape
  /// `float32`, or `int32` where the array holds nothing but tokens.
  public let element: ElementType
  /// How many different tokens there are; `nil` when it isn't known, or they are numbers.
  public let vocabulary: Int?
  /// Numbers along the last axis that stand for categories, in place of each of which a model learns a vector.
  public let categories: [ColumnEmbedding.Column]

  public init(
    name: String = InputSpec.onlyName, shape: Shape, element: ElementType = .float32,
    vocabulary: Int? = nil, categories: [ColumnEmbedding.Column] = []
  ) {
    self.name = name
    self.shape = shape
    self.element = element
    self.vocabulary = vocabulary
    self.categories = categories
  }
}

/// One of the things that there are to learn of an example.
public struct ExampleTarget: Hashable, Sendable {
  /// The name of a target that has none of its own, because it is the only one.
  public static let onlyName = "target"

  public let name: String
  public let target: LossTarget

  public init(name: String = ExampleTarget.onlyName, _ target: LossTarget) {
    self.name = name
    self.target = target
  }
}

/// Which array is meant, by its name; where there is only one on either side, that one.
extension ExampleSource {
  /// The array that is a model's input; `nil` when there is none of its name.
  func index(of input: InputSpec, among wanted: [InputSpec]) -> Int? {
    let own = inputs
    if wanted.count == 1, own.count == 1 { return 0 }
    return own.firstIndex { $0.name == input.name }
  }

  /// - Parameter name: `nil` for the only one.
  func targetIndex(named name: String?) -> Int? {
    let own = targets
    if own.count == 1, name == nil || own[0].name == ExampleTarget.onlyName { return 0 }
    return name.flatMap { name in own.firstIndex { $0.name == name } }
  }
}

extension Dataset: ExampleSource {
  public var followsOn: Bool { description.input.windows?.areContiguous ?? true }

  public var inputs: [ExampleInput] {
    description.namedInputs.map { named in
      ExampleInput(
        name: named.name ?? InputSpec.onlyName, shape: named.input.shape,
        element: named.input.windows == nil ? .float32 : .int32,
        vocabulary: named.input.windows?.vocabulary, categories: description.categories)
    }
  }

  public var targets: [ExampleTarget] {
    description.namedTargets.map {
      ExampleTarget(name: $0.name ?? ExampleTarget.onlyName, $0.target.lossTarget)
    }
  }

  public func gather(
    indices: UnsafeBufferPointer<Int>, inputs: [UnsafeMutableRawPointer?],
    targets: [UnsafeMutableRawPointer?]
  ) {
    for index in inputs.indices {
      guard let place = inputs[index] else { continue }
      if description.input.windows == nil {
        gatherInputs(
          indices: indices, input: index, into: place.assumingMemoryBound(to: Float.self))
      } else {
        gatherTokens(indices: indices, into: place.assumingMemoryBound(to: Int32.self))
      }
    }
    for index in targets.indices {
      if let place = targets[index] { gatherTargets(indices: indices, target: index, into: place) }
    }
  }
}

extension DatasetDescription {
  /// The columns that a model learns vectors for, as `column_embedding` takes them.
  public var categories: [ColumnEmbedding.Column] {
    embeddedColumns.map { .init(name: $0.name, place: $0.place, values: $0.values) }
  }
}

extension DatasetDescription.Target {
  /// The target as a loss sees it.
  public var lossTarget: LossTarget {
    switch self {
    case .classes(let names, _): .classes(names.count)
    case .sequence(let names, _, let shape): .classes(names.count, shape: shape)
    case .vector(let shape, _, _): .vector(shape)
    }
  }
}
