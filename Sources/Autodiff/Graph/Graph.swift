import Tensors

/// A computation as a value: nodes in an order in which each comes after its inputs.
///
/// Nothing is computed while it grows; only types are checked. A `Plan` makes it runnable.
public struct Graph: Sendable {
  /// How a node's tensor comes about.
  enum Origin: Sendable {
    /// Written by the caller before each run.
    case input(name: String)
    /// Written by the caller, and changed between runs by an optimizer.
    case parameter(name: String)
    case constant(Tensor)
    /// `inputs` are those of the node.
    case primitive(any Primitive)
    /// The second output of a primitive, whose first output is the node's only input.
    case auxiliary
  }

  struct Node: Sendable {
    var origin: Origin
    var inputs: [Value]
    var type: TensorType
    var scope: String
  }

  /// The layer whose operations are being added; faults and plans name it.
  public var scope = ""
  /// The element type of parameters and other floating-point values.
  public let element: ElementType
  /// Seed and step, which random primitives read; `nil` while the graph has none of those.
  ///
  /// `int32 [4]`: the seed's low and high word, the step's low and high word.
  public private(set) var random: Value?

  /// What parameters that nobody differentiates become after a pass, such as running statistics.
  public private(set) var updates: [(state: Value, value: Value)] = []

  /// What passes hand on to the next one beside parameters, each with its name.
  public private(set) var states: [(name: String, value: Value)] = []

  var nodes: [Node] = []
  /// The derivatives that were asked for, each with what it is with respect to.
  var derivatives: [Value: Value] = [:]
  /// How many nodes there were when derivatives were asked for first: the forward pass.
  var forwardCount: Int?
  private var auxiliaries: [Value: Value] = [:]

  /// - Precondition: `element` is a floating-point type.
  public init(element: ElementType = .float32) {
    precondition(element.isFloatingPoint, "a graph's elements are floating-point numbers")
    self.element = element
  }

  public var count: Int { nodes.count }

  public func type(of value: Value) -> TensorType { nodes[value.index].type }
  public func shape(of value: Value) -> Shape { nodes[value.index].type.shape }

  /// The shape, when its elements can be counted; composed operations ask before they calculate with it.
  func checkedShape(of value: Value, _ operation: String) throws(GraphError) -> Shape {
    guard nodes.indices.contains(value.index) else {
      throw GraphError(
        .unknownValue, "value \(value.index) is not in the graph of \(count) nodes",
        operation: operation, scope: scope)
    }
    do throws(GraphError) {
      try type(of: value).checkExtents()
    } catch {
      throw error.located(in: scope, operation: operation, shapes: [shape(of: value)])
    }
    return shape(of: value)
  }

  /// The scope in which a value was made.
  public func scope(of value: Value) -> String { nodes[value.index].scope }

  /// A tensor that the caller writes before each run.
  public mutating func input(_ name: String, _ type: TensorType) -> Value {
    append(.input(name: name), [], type)
  }

  /// A tensor that goes from pass to pass: whoever runs the graph writes zeros before the first one, and then
  /// leaves there what `update(_:to:)` says.
  public mutating func state(_ name: String, _ shape: Shape) -> Value {
    let value = input(name, TensorType(shape, element))
    states.append((name, value))
    return value
  }

  /// A tensor that is learnt, of the graph's element type.
  public mutating func parameter(_ name: String, _ shape: Shape) -> Value {
    append(.parameter(name: name), [], TensorType(shape, element))
  }

  public mutating func constant(_ tensor: Tensor) -> Value {
    append(.constant(tensor), [], tensor.type)
  }

  /// A constant of the graph's element type with every element the same.
  mutating func constant(_ number: Double, shape: Shape) -> Value {
    let count = shape.count
    let tensor =
      element == .float64
      ? Tensor([Double](repeating: number, count: count), shape: shape)
      : Tensor([Float](repeating: Float(number), count: count), shape: shape)
    return constant(tensor)
  }

  /// The value of seed and step, made when it isn't there yet.
  mutating func randomInput() -> Value {
    if let random { return random }
    let scope = self.scope
    self.scope = ""
    let value = input("random", TensorType([4], .int32))
    self.scope = scope
    random = value
    return value
  }

  /// Adds an operation.
  ///
  /// - Throws: `GraphError` with the scope, the operation, both shapes and the rule.
  public mutating func apply(
    _ primitive: any Primitive, _ inputs: [Value]
  ) throws(GraphError) -> Value {
    for input in inputs where !nodes.indices.contains(input.index) {
      throw GraphError(
        .unknownValue, "value \(input.index) is not in the graph of \(count) nodes",
        rule: "a node's inputs come before it, so that there is no cycle",
        operation: primitive.name, scope: scope)
    }
    let types = inputs.map { type(of: $0) }
    let output: TensorType
    let auxiliary: TensorType?
    do throws(GraphError) {
      for type in types { try type.checkExtents() }
      output = try primitive.type(of: types)
      try output.checkExtents()
      auxiliary = primitive.auxiliaryType(of: types)
      try auxiliary?.checkExtents()
    } catch {
      throw error.located(in: scope, operation: primitive.name, shapes: types.map(\.shape))
    }
    let value = append(.primitive(primitive), inputs, output)
    if let auxiliary { auxiliaries[value] = append(.auxiliary, [value], auxiliary) }
    return value
  }

  /// The second output of the primitive that makes `value`.
  func auxiliary(of value: Value) -> Value? { auxiliaries[value] }

  /// What a state holds at this point of the pass: itself, or what it was last updated to.
  ///
  /// A layer that is applied twice in a pass moves its statistics twice, the second time from here.
  public func current(_ state: Value) -> Value {
    updates.last { $0.state == state }?.value ?? state
  }

  /// Says that a parameter or a state holds another value after a pass: whoever runs a plan of this graph has `value`
  /// among its outputs and copies it over `state` once the pass has ended. A second update of one state
  /// takes the place of the first.
  ///
  /// - Throws: `GraphError` when the two differ in type.
  public mutating func update(_ state: Value, to value: Value) throws(GraphError) {
    guard type(of: state) == type(of: value) else {
      throw GraphError(
        .shapeMismatch, "\(type(of: state)) can't become \(type(of: value))",
        rule: "a state keeps its type", operation: "update", scope: scope)
    }
    if let index = updates.firstIndex(where: { $0.state == state }) {
      updates[index].value = value
    } else {
      updates.append((state, value))
    }
  }

  /// A node like another, whose inputs are others of the same types.
  mutating func repeated(_ value: Value, inputs: [Value]) -> Value {
    let node = nodes[value.index]
    nodes.append(
      Node(origin: node.origin, inputs: inputs, type: node.type, scope: node.scope))
    return Value(nodes.count - 1)
  }

  private mutating func append(_ origin: Origin, _ inputs: [Value], _ type: TensorType) -> Value {
    nodes.append(Node(origin: origin, inputs: inputs, type: type, scope: scope))
    return Value(nodes.count - 1)
  }
}

extension TensorType {
  /// The axes that a tensor can have; kernels keep their steps in as many numbers.
  static let mostAxes = 8

  /// At most 8 axes, each of 1 to 2³¹ - 1 elements, which is what BLAS can be told, and the bytes can be counted.
  func checkExtents() throws(GraphError) {
    guard shape.rank <= TensorType.mostAxes else {
      throw GraphError(
        .rankMismatch, "\(shape) has \(shape.rank) axes",
        rule: "a tensor has at most \(TensorType.mostAxes)")
    }
    for extent in shape.dimensions where extent < 1 {
      throw GraphError(
        .emptyAxis, "\(shape) has an axis of \(extent) elements", rule: "every axis has at least 1")
    }
    let limit = Int(Int32.max)
    for extent in shape.dimensions where extent > limit {
      throw GraphError(
        .tooLarge, "\(shape) has an axis of \(extent) elements",
        rule: "an axis has at most \(limit)")
    }
    guard let count = shape.checkedCount, count <= Int.max / 64 else {
      throw GraphError(
        .tooLarge, "\(shape) has more elements than can be addressed",
        rule: "the product of the axes is at most \(Int.max / 64)")
    }
  }
}
