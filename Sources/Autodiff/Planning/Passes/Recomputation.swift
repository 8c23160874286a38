import Tensors

/// Whether a plan computes results of the forward pass again in the backward pass, instead of keeping them.
///
/// Gradient checkpointing: Chen et al. 2016, "Training deep nets with sublinear memory cost",
/// arXiv:1604.06174. The forward pass is cut in blocks. What crosses a cut is kept; what else a block made
/// is made again when the backward pass comes to it, by the same kernels, with the same bits.
public enum Recomputation: Hashable, Sendable {
  case none
  /// As many blocks as need the least memory.
  case blocks
  /// As few blocks as fit the arena in so many bytes; none when it fits without.
  case within(bytes: Int)
}

extension Schedule {
  /// The schedule with what is computed again, and its memory.
  ///
  /// - Throws: `GraphError.tooLarge` when no number of blocks fits the budget.
  func recomputing(
    bound: Set<Value>, options: Plan.Options
  ) throws(GraphError) -> (Schedule, MemoryPlan) {
    let plain = MemoryPlan(self, bound: bound, options: options)
    switch options.recomputation {
    case .none: return (self, plain)
    case .blocks: return leastMemory(plain, bound, options).best
    case .within(let bytes):
      if plain.arenaBytes <= bytes { return (self, plain) }
      let (best, fitting) = leastMemory(plain, bound, options, stopAt: bytes)
      if let fitting { return fitting }
      throw GraphError(
        .tooLarge,
        "a step needs \(best.1.arenaBytes) bytes for activations even when they are recomputed, "
          + "\(plain.arenaBytes) without, and the budget is \(bytes)",
        rule: "a smaller batch, or a larger budget", operation: "plan")
    }
  }

  /// Tries numbers of blocks, ascending.
  private func leastMemory(
    _ plain: MemoryPlan, _ bound: Set<Value>, _ options: Plan.Options, stopAt budget: Int? = nil
  ) -> (best: (Schedule, MemoryPlan), fitting: (Schedule, MemoryPlan)?) {
    var best = (self, plain)
    guard let cutter = BlockCutter(self) else { return (best, nil) }
    for blocks in 2...max(2, min(32, cutter.most)) {
      let schedule = recomputing(cutter.cuts(blocks: blocks))
      let memory = MemoryPlan(schedule, bound: bound, options: options)
      if memory.arenaBytes < best.1.arenaBytes { best = (schedule, memory) }
      if let budget, memory.arenaBytes <= budget { return (best, (schedule, memory)) }
    }
    return (best, nil)
  }

  /// How many steps the forward pass has; they come first.
  fileprivate var forwardSteps: Int {
    guard let count = graph.forwardCount else { return steps.count }
    return steps.firstIndex { $0.output.index >= count } ?? steps.count
  }

  /// The values that a forward step after a cut reads and one before it made.
  fileprivate func crossing(_ cut: Int, of forward: Int) -> Set<Value> {
    var made: Set<Value> = []
    for step in steps[..<cut] {
      made.insert(step.output)
      if let auxiliary = step.auxiliary { made.insert(auxiliary) }
    }
    var crossing: Set<Value> = []
    for step in steps[cut..<forward] { crossing.formUnion(step.inputs) }
    return crossing.intersection(made)
  }

  /// The schedule that keeps what crosses the cuts, and makes the rest again.
  private func recomputing(_ cuts: [Int]) -> Schedule {
    guard let last = cuts.last else { return self }
    let forward = forwardSteps
    var kept = Set(outputs)
    for cut in cuts { kept.formUnion(crossing(cut, of: forward)) }
    // The block that the backward pass begins with is still there.
    var maker: [Value: Int] = [:]
    for (index, step) in steps[..<last].enumerated() {
      maker[step.output] = index
      if let auxiliary = step.auxiliary { maker[auxiliary] = index }
    }
    var result = self
    result.steps = Array(steps[..<forward])
    var again: [Value: Value] = [:]

    /// A value as the backward pass reads it.
    func value(_ wanted: Value) -> Value {
      guard let index = maker[wanted], !kept.contains(wanted) else { return wanted }
      if let known = again[wanted] { return known }
      // Steps before this one that have to be made again come first.
      let step = steps[index]
      let inputs = step.inputs.map { input in value(input) }
      let output = result.graph.repeated(step.output, inputs: inputs)
      again[step.output] = output
      var repeated = Step(
        primitive: step.primitive, inputs: inputs, output: output, auxiliary: nil,
        scope: step.scope)
      if let auxiliary = step.auxiliary {
        let second = result.graph.repeated(auxiliary, inputs: [output])
        again[auxiliary] = second
        repeated.auxiliary = second
      }
      result.steps.append(repeated)
      return again[wanted] ?? wanted
    }
    for step in steps[forward...] {
      var step = step
      step.inputs = step.inputs.map(value)
      result.steps.append(step)
    }
    result.prune()
    return result
  }
}

/// Where the forward pass can be cut so that blocks make about as many bytes each.
private struct BlockCutter {
  /// The bytes that the backward pass reads of what the steps up to each made.
  private let bytes: [Int]
  /// The bytes that cross a cut before each step.
  private let crossing: [Int]
  /// Blocks at most.
  let most: Int

  /// - Returns: `nil` when there is no backward pass, or nothing to cut.
  init?(_ schedule: Schedule) {
    let forward = schedule.forwardSteps
    guard forward > 1, forward < schedule.steps.count else { return nil }
    let read = Set(schedule.steps[forward...].flatMap(\.inputs))
    var total = 0
    var sums: [Int] = []
    for step in schedule.steps[..<forward] {
      for value in [step.output, step.auxiliary].compactMap({ $0 }) where read.contains(value) {
        total += schedule.graph.type(of: value).byteCount
      }
      sums.append(total)
    }
    var lastRead: [Value: Int] = [:]
    for (index, step) in schedule.steps[..<forward].enumerated() {
      for input in step.inputs { lastRead[input] = index }
    }
    // What is made before a step and read at it or later crosses the cut before it.
    var change = [Int](repeating: 0, count: forward + 1)
    for (index, step) in schedule.steps[..<forward].enumerated() {
      guard let last = lastRead[step.output], last > index else { continue }
      let size = schedule.graph.type(of: step.output).byteCount
      change[index + 1] += size
      change[last + 1] -= size
    }
    var open = 0
    crossing = change.map { difference in
      open += difference
      return open
    }
    bytes = sums
    most = forward
  }

  /// Steps before which to cut, ascending: near equal shares, where the least crosses.
  func cuts(blocks: Int) -> [Int] {
    let total = bytes[bytes.count - 1]
    guard total > 0 else { return [] }
    var cuts: [Int] = []
    for block in 1..<blocks {
      let target = Double(total) * Double(block) / Double(blocks)
      let slack = Double(total) / Double(blocks) / 3
      let near = (1..<bytes.count).filter { abs(Double(bytes[$0 - 1]) - target) <= slack }
      let nearest = near.min { left, right in
        (crossing[left], abs(Double(bytes[left - 1]) - target))
          < (crossing[right], abs(Double(bytes[right - 1]) - target))
      }
      guard let cut = nearest, cut > (cuts.last ?? 0) else { continue }
      cuts.append(cut)
    }
    return cuts
  }
}
