import Kernels
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs a plan: has an arena, its own or one that it shares, and holds the kernel calls with their addresses filled in.
///
/// A run allocates nothing and takes no lock. Not to be run by two threads at once.
public final class Executor {
  public let plan: Plan
  /// The arena's size with these bindings.
  public let arenaBytes: Int
  let memory: MemoryPlan
  let arena: UnsafeMutableRawPointer
  /// `nil` for an executor whose arena is its own.
  private let shared: SharedArena?
  let bindings: [Value: UnsafeMutableRawPointer]
  let team: ThreadTeam
  private let sequence: KernelSequence
  /// Inputs that the caller neither bound nor asked the place of.
  private var unfed: [Value]
  /// Constants, and where they lie.
  private let constants: [(place: UnsafeMutableRawPointer, tensor: Tensor)]

  /// - Parameters:
  ///   - bindings: memory of the caller for inputs, parameters and outputs, for as long as the
  ///     executor lives. Aligned to 64 bytes it's fastest. No two may overlap. What isn't bound gets a place in
  ///     the arena, which `pointer(to:)` tells.
  ///   - shared: memory to be used in turn with other executors, in place of an arena of its own. What has a place in it is
  ///     to be written before each run, and its outputs to be read before another runs.
  /// - Throws: `GraphError.tooLarge` when there is no memory for the arena.
  public init(
    plan: Plan, bindings: [Value: UnsafeMutableRawPointer], team: ThreadTeam,
    sharing shared: SharedArena? = nil
  ) throws(GraphError) {
    let memory = plan.memory(bound: Set(bindings.keys))
    let size = max(memory.arenaBytes, ArenaLayout.alignment)
    let block: UnsafeMutableRawPointer
    if let place = shared?.memory(size) {
      block = place
      self.shared = shared
    } else {
      block = try Executor.newBlock(size)
      self.shared = nil
    }
    self.plan = plan
    self.memory = memory
    self.bindings = bindings
    self.team = team
    arena = block
    arenaBytes = memory.arenaBytes
    let steps = plan.lower(memory, arena: block, bindings: bindings)
    sequence = KernelSequence(steps.flatMap(\.calls))
    unfed = plan.inputs.filter { bindings[$0] == nil }
    constants = plan.schedule.sources.compactMap { source in
      guard case .constant(let tensor) = plan.graph.nodes[source.index].origin,
        let place = plan.pointer(to: source, memory, arena: block, bindings: bindings)
      else { return nil }
      return (place, tensor)
    }
    _ = shared?.pass(to: self)
    writeConstants()
  }

  deinit { if shared == nil { free(arena) } }

  /// Memory full of zeros.
  private static func newBlock(_ size: Int) throws(GraphError) -> UnsafeMutableRawPointer {
    var block: UnsafeMutableRawPointer?
    guard posix_memalign(&block, alignment(for: size), size) == 0, let block else {
      throw GraphError(
        .tooLarge, "no memory for an arena of \(size) bytes",
        rule: "a plan's arena fits the memory", operation: "executor")
    }
    block.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    return block
  }

  /// Has the arena be this executor's, with its constants in it.
  func enter() {
    if let shared, shared.pass(to: self) { writeConstants() }
  }

  /// Where a value lies: before a run for inputs and parameters, after it for outputs.
  ///
  /// - Precondition: the value is an input, a parameter or an output of the plan.
  public func pointer(to value: Value) -> UnsafeMutableRawPointer {
    guard let found = place(of: value) else {
      preconditionFailure("value \(value.index) is neither a source nor an output of the plan")
    }
    return found
  }

  /// The same, or `nil` when the value has no memory that holds it after a run.
  public func place(of value: Value) -> UnsafeMutableRawPointer? {
    if let index = unfed.firstIndex(of: value) { unfed.remove(at: index) }
    return bindings[value] ?? plan.pointer(to: value, memory, arena: arena, bindings: bindings)
  }

  /// Every input that the outputs depend on was bound, or its place asked for: it can have been written.
  ///
  /// - Throws: `GraphError.inputNotFed` with the input's name and layer.
  public func checkInputs() throws(GraphError) {
    guard let value = unfed.first, case .input(let name) = plan.graph.nodes[value.index].origin
    else { return }
    throw GraphError(
      .inputNotFed,
      "nothing was ever written to the input \"\(name)\" \(plan.graph.type(of: value))",
      rule: "every input is written before a run", operation: "executor",
      scope: plan.graph.scope(of: value), shapes: [plan.graph.shape(of: value)])
  }

  /// Computes the outputs from what inputs and parameters hold now.
  public func run() {
    enter()
    sequence.run(on: team)
  }

  /// Runs as often as said, and answers the mean time of each of the plan's lines.
  public func profile(runs: Int) -> [Duration] {
    var nanoseconds = [UInt64](repeating: 0, count: sequence.calls.count)
    enter()
    for _ in 0..<runs { sequence.run(on: team, addingTimesTo: &nanoseconds) }
    return nanoseconds.map { .nanoseconds($0 / UInt64(max(1, runs))) }
  }

  private func writeConstants() {
    // By places: an iterator of these allocates where nothing is specialized, and executors may take turns at each step.
    for index in constants.indices {
      let place = constants[index].place
      constants[index].tensor.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
  }

  /// Large arenas begin at a huge page's boundary, which spares address translation.
  private static func alignment(for size: Int) -> Int {
    size >= 1 << 22 ? 1 << 21 : ArenaLayout.alignment
  }
}
