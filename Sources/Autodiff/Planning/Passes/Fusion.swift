import Kernels
import Tensors

extension Schedule {
  /// Joins chains of element primitives in one kernel, and with the product or convolution before them.
  ///
  /// A step takes over one that makes its input when no other reads that and it is no output. What is
  /// only repeated along axes is read where it is.
  mutating func fuse() {
    readRepeatedInPlace()
    var readers = readers()
    var makers: [Value: Int] = [:]
    var isJoined = [Bool](repeating: false, count: steps.count)
    for index in steps.indices {
      while let found = joinable(index, makers, readers) {
        isJoined[found.maker] = true
        readers[steps[index].inputs[found.place]] = nil
        join(found, into: index)
      }
      joinHost(index, makers, readers, &isJoined)
      makers[steps[index].output] = index
    }
    steps = zip(steps, isJoined).compactMap { step, isJoined in isJoined ? nil : step }
  }

  /// An input of a step that another makes, and the program that does both.
  private struct Joint {
    var place: Int
    var maker: Int
    var program: ElementProgram
    var name: String
  }

  /// The first input of a step that an element primitive makes for this step alone.
  private func joinable(_ index: Int, _ makers: [Value: Int], _ readers: [Value: Int]) -> Joint? {
    let step = steps[index]
    guard let own = step.primitive as? any ElementPrimitive else { return nil }
    let shape = graph.shape(of: step.output)
    for (place, input) in step.inputs.enumerated() {
      guard readers[input] == 1, graph.shape(of: input) == shape, let maker = makers[input],
        let other = steps[maker].primitive as? any ElementPrimitive
      else { continue }
      // An input that both read is one.
      let same = steps[maker].inputs.map { input in
        step.inputs.indices.first { $0 != place && step.inputs[$0] == input }
      }
      guard let program = own.program.composed(input: place, with: other.program, same: same)
      else { continue }
      return Joint(
        place: place, maker: maker, program: program, name: Schedule.name(other.name, own.name))
    }
    return nil
  }

  private mutating func join(_ joint: Joint, into index: Int) {
    var inputs = steps[index].inputs
    inputs.remove(at: joint.place)
    let left = Set(inputs)
    steps[index].inputs = inputs + steps[joint.maker].inputs.filter { !left.contains($0) }
    steps[index].primitive = ElementChain(program: joint.program, name: joint.name)
  }

  /// Makes an element step the epilogue of the product or convolution that it reads.
  private mutating func joinHost(
    _ index: Int, _ makers: [Value: Int], _ readers: [Value: Int], _ isJoined: inout [Bool]
  ) {
    let step = steps[index]
    guard let own = step.primitive as? any ElementPrimitive, own.program.hasRoomForBias
    else { return }
    let shape = graph.shape(of: step.output)
    // The latest host, whose result is the nearest.
    let places = step.inputs.indices.compactMap { place -> (place: Int, maker: Int)? in
      let input = step.inputs[place]
      guard readers[input] == 1, graph.shape(of: input) == shape, let maker = makers[input],
        steps[maker].auxiliary == nil, steps[maker].primitive is any EpilogueHost
      else { return nil }
      return (place, maker)
    }
    guard let (place, maker) = places.max(by: { $0.maker < $1.maker }),
      let host = steps[maker].primitive as? any EpilogueHost
    else { return }
    var inputs = step.inputs
    inputs.remove(at: place)
    isJoined[maker] = true
    steps[index].primitive = ElementEpilogue(
      host: host, hostInputs: steps[maker].inputs.count,
      program: own.program.movingFirst(place), name: Schedule.name(host.name, own.name))
    steps[index].inputs = steps[maker].inputs + inputs
  }

  /// Lets element primitives read a repeated input where it isn't repeated yet.
  private mutating func readRepeatedInPlace() {
    var makers: [Value: Int] = [:]
    var isChanged = false
    for index in steps.indices {
      makers[steps[index].output] = index
      guard steps[index].primitive is any ElementPrimitive else { continue }
      for place in steps[index].inputs.indices {
        guard let maker = makers[steps[index].inputs[place]],
          steps[maker].primitive is Broadcast
        else { continue }
        var inputs = steps[index].inputs
        inputs[place] = steps[maker].inputs[0]
        let types = inputs.map { graph.type(of: $0) }
        guard let type = try? steps[index].primitive.type(of: types),
          type == graph.type(of: steps[index].output)
        else { continue }
        steps[index].inputs = inputs
        isChanged = true
      }
    }
    if isChanged { prune() }
  }

  /// `linear+tanh`; long ones are cut.
  private static func name(_ first: String, _ second: String) -> String {
    let parts = (first + "+" + second).split(separator: "+")
    guard parts.count > 4 else { return parts.joined(separator: "+") }
    return "\(parts[0])+\(parts[1])+…+\(parts[parts.count - 1])"
  }
}
