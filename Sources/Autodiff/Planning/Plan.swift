import Kernels
import Tensors

/// A graph made ready to run: which operations, in which order, in which memory.
///
/// Making one applies the passes: what no output depends on is left out, constants are computed, what
/// is the same is computed once, element primitives join each other and the product before them, values
/// take over memory that is read no more, and lifetimes lay out one arena.
public struct Plan: Sendable {
  /// Which passes a plan applies; all give the same results, but for the rounding of constants.
  public struct Options: Hashable, Sendable {
    public var foldsConstants = true
    public var sharesSubexpressions = true
    /// Whether operations are joined.
    public var fuses = true
    /// Whether outputs take over the memory of inputs.
    public var takesOver = true
    /// Whether buffers whose lifetimes don't meet lie at one place.
    public var sharesPlaces = true
    public var recomputation = Recomputation.none

    public init() {}

    /// A step for each operation.
    public static var none: Options {
      var options = Options()
      options.foldsConstants = false
      options.sharesSubexpressions = false
      options.fuses = false
      return options
    }
  }

  public let outputs: [Value]
  /// The arena's size when parameters and their derivatives are bound to memory of the caller.
  public let arenaBytes: Int
  /// The bytes of parameters, and of outputs that are derivatives with respect to parameters.
  public let boundBytes: Int
  let schedule: Schedule
  /// What the caller is expected to bind.
  let expectedBindings: Set<Value>
  /// The memory when that is bound.
  let memory: MemoryPlan
  let options: Options

  var graph: Graph { schedule.graph }

  /// - Throws: `GraphError` for an input whose elements can't be counted, and for an unknown output.
  public init(
    _ graph: Graph, outputs: [Value], options: Options = Options()
  ) throws(GraphError) {
    for output in outputs where !graph.nodes.indices.contains(output.index) {
      throw GraphError(
        .unknownValue, "output \(output.index) is not in the graph of \(graph.count) nodes",
        operation: "plan")
    }
    var schedule = Schedule(graph, outputs: outputs)
    for source in schedule.sources {
      do throws(GraphError) {
        try graph.type(of: source).checkExtents()
      } catch {
        throw error.located(
          in: graph.scope(of: source), operation: "plan", shapes: [graph.shape(of: source)])
      }
    }
    try Plan.checkTotal(graph)
    if options.foldsConstants { try schedule.foldConstants() }
    if options.sharesSubexpressions { schedule.shareSubexpressions() }
    if options.fuses { schedule.fuse() }
    var expected: Set<Value> = []
    for source in schedule.sources {
      if case .parameter = graph.nodes[source.index].origin { expected.insert(source) }
    }
    for output in outputs {
      guard let target = graph.derivatives[output] else { continue }
      if case .parameter = graph.nodes[target.index].origin { expected.insert(output) }
    }
    (schedule, memory) = try schedule.recomputing(bound: expected, options: options)
    self.outputs = outputs
    self.schedule = schedule
    self.options = options
    expectedBindings = expected
    boundBytes = expected.reduce(0) { $0 + graph.type(of: $1).byteCount }
    arenaBytes = memory.arenaBytes
  }

  /// The bytes of arena, parameters and derivatives together: the most that a run ever needs.
  public var peakBytes: Int { arenaBytes + boundBytes }

  /// The inputs that a step reads or that are outputs.
  var inputs: [Value] {
    let readers = schedule.readers()
    return schedule.sources.filter { source in
      if case .input = graph.nodes[source.index].origin { readers[source] != nil } else { false }
    }
  }

  /// The sum of all tensors' bytes can be counted, so that no later sum overflows.
  private static func checkTotal(_ graph: Graph) throws(GraphError) {
    var total = 0
    for node in graph.nodes {
      let (sum, overflow) = total.addingReportingOverflow(node.type.byteCount)
      guard !overflow, sum < Int.max / 8 else {
        throw GraphError(
          .tooLarge, "the graph's tensors have more bytes than can be addressed",
          operation: "plan", scope: node.scope, shapes: [node.type.shape])
      }
      total = sum
    }
  }

  /// The memory when other values are bound than expected.
  func memory(bound: Set<Value>) -> MemoryPlan {
    let known = bound.intersection(Set(schedule.sources).union(outputs))
    if known == expectedBindings { return memory }
    return MemoryPlan(schedule, bound: known, options: options)
  }
}
