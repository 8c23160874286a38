import NeuralNetworks
import Tensors

/// Copies examples straight into the slots of a plan, targets laid out as the losses want them.
///
/// Owns the memory that it needs for the largest batch, so that assembling allocates nothing.
final class BatchAssembler {
  let source: any ExampleSource
  /// For each of the model's inputs, which of the source's arrays it is.
  private let inputSources: [Int]
  /// Which of the model's inputs are tokens that the source holds as numbers, and elements of one example.
  private let tokens: [(input: Int, count: Int)]
  private let targets: [TargetAssembler]
  /// Where whole sequences are gathered before their beginnings are copied; `nil` until one is to be shortened.
  private var whole: UnsafeMutableRawPointer?
  private let largestBatch: Int
  /// Bytes of an example of the first input, and of one step of it.
  private let exampleBytes: Int
  private let stepBytes: Int
  /// For each objective, which of the source's targets it learns.
  private let targetSources: [Int]
  /// For each of the slots met so far, where each of the source's arrays goes.
  private var places: [Places] = []

  private struct Places {
    let slots: BatchSlots
    var inputs: [UnsafeMutableRawPointer?]
    var targets: [UnsafeMutableRawPointer?]
  }

  /// - Parameter keepsNumbers: whether targets that are numbers outlive a pass.
  /// - Throws: `TrainingError.mismatch` when the source lacks an array.
  init(
    source: any ExampleSource, objectives: [Objective], model: Model, largestBatch: Int,
    keepsNumbers: Bool = false
  ) throws(TrainingError) {
    self.source = source
    let arrays = source.inputs
    var inputSources: [Int] = []
    for input in model.inputs {
      guard let index = source.index(of: input, among: model.inputs) else {
        throw TrainingError(
          .mismatch, "the dataset has no array \"\(input.name)\" for the model's input")
      }
      inputSources.append(index)
    }
    var targetSources: [Int] = []
    for objective in objectives {
      guard let index = source.targetIndex(named: objective.target) else {
        throw TrainingError(.mismatch, "the dataset has no target \"\(objective.target ?? "")\"")
      }
      targetSources.append(index)
    }
    self.largestBatch = largestBatch
    exampleBytes = model.inputs[0].shape.count * 4
    stepBytes = exampleBytes / max(model.inputs[0].shape.dimensions.first ?? 1, 1)
    self.inputSources = inputSources
    self.targetSources = targetSources
    tokens = model.inputs.indices.compactMap { input in
      let isNumbers = arrays[inputSources[input]].element != .int32
      guard model.inputs[input].element == .int32, isNumbers else { return nil }
      return (input, model.inputs[input].shape.count)
    }
    targets = objectives.map {
      TargetAssembler($0, largestBatch: largestBatch, keepsNumbers: keepsNumbers)
    }
  }

  deinit { whole?.deallocate() }

  /// The classes of the batch assembled last, by objective; `nil` when its targets are no classes.
  func classes(_ objective: Int) -> UnsafePointer<Int32>? {
    targets[objective].classes.map { UnsafePointer($0) }
  }

  /// The targets of the batch assembled last, by objective; `nil` when they are no numbers, or aren't kept.
  func numbers(_ objective: Int) -> UnsafePointer<Float>? {
    targets[objective].numbers.map { UnsafePointer($0) }
  }

  func assemble(_ indices: UnsafeBufferPointer<Int>, into slots: BatchSlots) {
    let places = places(of: slots)
    source.gather(indices: indices, inputs: places.inputs, targets: places.targets)
    var exampleBytes = exampleBytes
    if let length = slots.length, let whole {
      let short = length * stepBytes
      for row in indices.indices {
        slots.inputs[0].advanced(by: row * short).copyMemory(
          from: whole.advanced(by: row * exampleBytes), byteCount: short)
      }
      exampleBytes = short
    }
    // By places: an iterator of these allocates where nothing is specialized.
    for place in tokens.indices {
      let token = tokens[place]
      BatchAssembler.makeTokens(
        slots.inputs[token.input].assumingMemoryBound(to: Float.self),
        count: (slots.length == nil ? token.count : exampleBytes / 4) * indices.count)
    }
    for index in targets.indices {
      guard let gathered = places.targets[targetSources[index]] else { continue }
      targets[index].write(gathered, rows: indices.count, to: slots.targets[index])
    }
  }

  /// Allocates for slots that weren't met before.
  private func places(of slots: BatchSlots) -> Places {
    for index in places.indices where places[index].slots === slots { return places[index] }
    var new = Places(
      slots: slots,
      inputs: [UnsafeMutableRawPointer?](repeating: nil, count: source.inputs.count),
      targets: [UnsafeMutableRawPointer?](repeating: nil, count: source.targets.count))
    for input in inputSources.indices { new.inputs[inputSources[input]] = slots.inputs[input] }
    // Only a model of one input is shortened.
    if slots.length != nil {
      let memory =
        whole ?? .allocate(byteCount: max(1, largestBatch * exampleBytes), alignment: 64)
      whole = memory
      new.inputs[inputSources[0]] = memory
    }
    for index in targets.indices {
      new.targets[targetSources[index]] = targets[index].place(slots.targets[index])
    }
    places.append(new)
    return new
  }

  /// Turns numbers into `int32` where they lie.
  static func makeTokens(_ numbers: UnsafeMutablePointer<Float>, count: Int) {
    let raw = UnsafeMutableRawPointer(numbers)
    for index in 0..<count {
      let token = Int32(exactly: numbers[index]) ?? 0
      raw.storeBytes(of: token, toByteOffset: index * 4, as: Int32.self)
    }
  }
}
