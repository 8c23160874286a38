import Autodiff
import Datasets
import NeuralNetworks
import Tensors

/// What a gradient check feeds a model: the first batch of a run with that seed.
struct GradientCheckContents {
  /// One a model's input: numbers, or tokens, by their bits.
  private let inputs: [[Int32]]
  private let holdsTokens: [Bool]
  /// One an objective: classes, or floats by their bits.
  private let targets: [[Int32]]
  private let seed: UInt64

  init(
    _ examples: any ExampleSource, plan: GradientCheckPlan, seed: UInt64
  ) throws(TrainingError) {
    let assembler = try BatchAssembler(
      source: examples, objectives: plan.objectives, model: plan.model, largestBatch: plan.batch)
    let isOnGraph = plan.model.graph != nil
    let inputSizes = plan.model.inputs.map { plan.batch * (isOnGraph ? 1 : $0.shape.count) }
    let targetSizes = plan.targetCounts
    let places = (inputSizes + targetSizes).map {
      UnsafeMutableRawPointer.allocate(byteCount: max($0, 1) * 4, alignment: 4)
    }
    defer { for place in places { place.deallocate() } }
    let batch = BatchOrder(
      count: examples.examples, batchSize: plan.batch, seed: seed, shuffle: true, dropLast: false
    ).batch(epoch: 0, index: 0)
    let slots = BatchSlots(
      inputs: Array(places.prefix(inputSizes.count)),
      targets: Array(places.dropFirst(inputSizes.count)))
    batch.withUnsafeBufferPointer { assembler.assemble($0, into: slots) }
    func words(_ place: UnsafeMutableRawPointer, _ count: Int) -> [Int32] {
      (0..<count).map { place.load(fromByteOffset: $0 * 4, as: Int32.self) }
    }
    inputs = zip(slots.inputs, inputSizes).map(words)
    targets = zip(slots.targets, targetSizes).map(words)
    holdsTokens = plan.model.inputs.map { $0.element == .int32 || isOnGraph }
    self.seed = seed
  }

  func writeInput(_ index: Int, to place: UnsafeMutableRawPointer) {
    GradientCheckContents.write(inputs[index], areFloats: !holdsTokens[index], to: place)
  }

  /// - Parameter type: `int32` for classes, else `float64`.
  func writeTargets(_ index: Int, to place: UnsafeMutableRawPointer, as type: TensorType) {
    GradientCheckContents.write(targets[index], areFloats: type.element != .int32, to: place)
  }

  private static func write(
    _ words: [Int32], areFloats: Bool, to place: UnsafeMutableRawPointer
  ) {
    if areFloats {
      let numbers = place.assumingMemoryBound(to: Double.self)
      for (index, word) in words.enumerated() {
        numbers[index] = Double(Float(bitPattern: UInt32(bitPattern: word)))
      }
    } else {
      let integers = place.assumingMemoryBound(to: Int32.self)
      for (index, word) in words.enumerated() { integers[index] = word }
    }
  }

  /// Integers as they are, floats as doubles.
  static func write(_ tensor: Tensor, to place: UnsafeMutableRawPointer) {
    let words = tensor.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    write(words, areFloats: tensor.element != .int32, to: place)
  }

  /// The seed and step 1, of which dropout's draws are a function.
  func writeRandom(to place: UnsafeMutableRawPointer) {
    let words = place.assumingMemoryBound(to: Int32.self)
    words[0] = Int32(truncatingIfNeeded: seed)
    words[1] = Int32(truncatingIfNeeded: seed >> 32)
    words[2] = 1
    words[3] = 0
  }
}
