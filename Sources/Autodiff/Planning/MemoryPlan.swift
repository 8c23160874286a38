import Tensors

/// Which memory each value has: whose buffer it shares, and where that lies.
///
/// A buffer is the arena's, or the caller's where one of its values is bound. A value shares the buffer
/// of another when it is a view of it, or when it takes it over from an input that nothing reads later.
struct MemoryPlan: Sendable {
  enum Place: Hashable, Sendable {
    /// Bytes from the arena's start.
    case arena(Int)
    /// The memory that the caller bound to this value.
    case bound(Value)
  }

  private(set) var places: [Value: Place] = [:]
  /// For each step, where its scratch memory begins in the arena.
  private(set) var workspaces: [Int?] = []
  /// Views that have to be copied, because both ends are bound or kept.
  private(set) var copiedViews: Set<Int> = []
  /// Constants that the caller has memory for: copied there in each run.
  private(set) var deliveries: [Value] = []
  let arenaBytes: Int

  /// One buffer, and the steps at which it holds something.
  private struct Buffer {
    var bytes: Int
    var first: Int
    var last: Int
    /// Its contents are the caller's, or are there for the caller after a run.
    var isKept: Bool
    var bound: Value?
  }

  /// - Parameter bound: the values that the caller has memory for.
  init(
    _ schedule: Schedule, bound: Set<Value>, options: Plan.Options = Plan.Options()
  ) {
    let (graph, outputs) = (schedule.graph, Set(schedule.outputs))
    let end = schedule.steps.count
    var lastUse: [Value: Int] = [:]
    for (index, step) in schedule.steps.enumerated() {
      for input in step.inputs { lastUse[input] = index }
    }
    for output in outputs { lastUse[output] = end }

    var buffers: [Buffer] = []
    var buffer: [Value: Int] = [:]
    func add(_ value: Value, at step: Int, isKept: Bool) {
      buffer[value] = buffers.count
      let isBound = bound.contains(value)
      buffers.append(
        Buffer(
          bytes: graph.type(of: value).byteCount, first: step,
          last: isKept ? end : max(step, lastUse[value] ?? step), isKept: isKept,
          bound: isBound ? value : nil))
    }

    for source in schedule.sources {
      var isConstant = false
      if case .constant = graph.nodes[source.index].origin { isConstant = true }
      // What the caller wrote, and constants, hold for all runs to come.
      add(source, at: 0, isKept: true)
      if isConstant, let index = buffer[source], buffers[index].bound != nil {
        // The caller's memory is written each run, for the caller may have changed it.
        buffers[index].bound = nil
        deliveries.append(source)
      }
    }

    for (index, step) in schedule.steps.enumerated() {
      let output = step.output
      let isOutput = outputs.contains(output)
      if step.primitive.isView, let source = buffer[step.inputs[0]] {
        if bound.contains(output), buffers[source].bound != nil || buffers[source].isKept {
          copiedViews.insert(index)
          add(output, at: index, isKept: isOutput)
        } else {
          buffer[output] = source
          if bound.contains(output) { buffers[source].bound = output }
          buffers[source].isKept = buffers[source].isKept || isOutput
          buffers[source].last = max(buffers[source].last, lastUse[output] ?? index)
        }
      } else {
        let taken = options.takesOver ? overwritten(by: step, at: index) : nil
        if let taken {
          buffer[output] = taken
          buffers[taken].last = max(index, lastUse[output] ?? index)
          buffers[taken].isKept = isOutput
          if bound.contains(output) { buffers[taken].bound = output }
        } else {
          add(output, at: index, isKept: isOutput)
        }
      }
      if let auxiliary = step.auxiliary {
        add(auxiliary, at: index, isKept: outputs.contains(auxiliary))
      }
    }

    /// The buffer of an input that holds nothing anyone reads after this step.
    func overwritten(by step: Schedule.Step, at index: Int) -> Int? {
      let bytes = graph.type(of: step.output).byteCount
      for place in step.primitive.overwritableInputs where place < step.inputs.count {
        guard let candidate = buffer[step.inputs[place]] else { continue }
        let found = buffers[candidate]
        guard !found.isKept, found.bound == nil, found.last == index, found.bytes == bytes
        else { continue }
        let others = step.inputs.indices.filter { $0 != place }
        if others.contains(where: { buffer[step.inputs[$0]] == candidate }) { continue }
        return candidate
      }
      return nil
    }

    var requests: [ArenaLayout.Request] = []
    var request: [Int?] = []
    for found in buffers {
      request.append(found.bound == nil ? requests.count : nil)
      guard found.bound == nil else { continue }
      let lifetime = found.first...found.last
      requests.append(
        ArenaLayout.Request(
          bytes: found.bytes, lifetime: options.sharesPlaces ? lifetime : 0...end))
    }
    var workspaceRequests: [Int?] = []
    for (index, step) in schedule.steps.enumerated() {
      let bytes = step.primitive.workspaceBytes(
        inputs: step.inputs.map { graph.type(of: $0) }, output: graph.type(of: step.output))
      workspaceRequests.append(bytes > 0 ? requests.count : nil)
      if bytes > 0 {
        requests.append(
          ArenaLayout.Request(
            bytes: bytes, lifetime: options.sharesPlaces ? index...index : 0...end))
      }
    }

    let layout = ArenaLayout(requests)
    arenaBytes = layout.byteCount
    workspaces = workspaceRequests.map { $0.map { layout.offsets[$0] } }
    for (value, index) in buffer {
      if let bound = buffers[index].bound {
        places[value] = .bound(bound)
      } else if let slot = request[index] {
        places[value] = .arena(layout.offsets[slot])
      }
    }
  }
}
