extension Schedule {
  private struct Key: Hashable {
    let primitive: AnyHashable
    let inputs: [Value]
  }

  /// Computes once what is the same operation of the same inputs.
  ///
  /// Random primitives are functions of seed, step and their stream, which are among what is compared. A
  /// copy is there for the sake of being another value, and an output has memory of its own: both stay.
  mutating func shareSubexpressions() {
    let kept = Set(outputs)
    var first: [Key: Int] = [:]
    var same: [Value: Value] = [:]
    for index in steps.indices {
      steps[index].inputs = steps[index].inputs.map { same[$0] ?? $0 }
      let step = steps[index]
      if step.primitive is Copy { continue }
      let key = Key(primitive: AnyHashable(step.primitive), inputs: step.inputs)
      guard let earlier = first[key] else {
        first[key] = index
        continue
      }
      guard !kept.contains(step.output) else { continue }
      same[step.output] = steps[earlier].output
      if let auxiliary = step.auxiliary, !kept.contains(auxiliary) {
        if let shared = steps[earlier].auxiliary {
          same[auxiliary] = shared
        } else {
          steps[earlier].auxiliary = graph.auxiliary(of: steps[earlier].output)
          same[auxiliary] = steps[earlier].auxiliary
        }
      }
    }
    if !same.isEmpty { prune() }
  }
}
