import Autodiff
import Datasets
import NeuralNetworks
import Tensors

/// What a gradient check feeds a model: the first batch of a run with that seed.
struct GradientCheckContents {
  /// Numbers, or the bits of tokens.
  private var inputs: [Float]
  private let holdsTokens: Bool
  /// Classes, or the bits of floats.
  private var targets: [Int32]
  private let seed: UInt64

  init(_ examples: any ExampleSource, plan: GradientCheckPlan, seed: UInt64) {
    let width = plan.model.outputShape.count
    holdsTokens = plan.model.inputElement == .int32
    inputs = [Float](repeating: 0, count: plan.batch * examples.inputShape.count)
    targets = [Int32](repeating: 0, count: plan.batch * max(width, 1))
    self.seed = seed
    let assembler = BatchAssembler(
      source: examples, encoding: plan.encoding, model: plan.model, largestBatch: plan.batch)
    let batch = BatchOrder(
      count: examples.examples, batchSize: plan.batch, seed: seed, shuffle: true, dropLast: false
    ).batch(epoch: 0, index: 0)
    batch.withUnsafeBufferPointer { batch in
      inputs.withUnsafeMutableBufferPointer { inputs in
        targets.withUnsafeMutableBytes { targets in
          guard let inputs = inputs.baseAddress, let targets = targets.baseAddress else { return }
          assembler.assemble(batch, inputs: inputs, targets: targets)
        }
      }
    }
  }

  func writeInputs(to place: UnsafeMutableRawPointer) {
    if holdsTokens {
      inputs.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
      return
    }
    let numbers = place.assumingMemoryBound(to: Double.self)
    for (index, input) in inputs.enumerated() { numbers[index] = Double(input) }
  }

  /// - Parameter type: `int32` for classes, else `float64`.
  func writeTargets(to place: UnsafeMutableRawPointer, as type: TensorType) {
    let words = targets.prefix(type.shape.count)
    if type.element == .int32 {
      let classes = place.assumingMemoryBound(to: Int32.self)
      for (index, word) in words.enumerated() { classes[index] = word }
    } else {
      let numbers = place.assumingMemoryBound(to: Double.self)
      for (index, word) in words.enumerated() {
        numbers[index] = Double(Float(bitPattern: UInt32(bitPattern: word)))
      }
    }
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
