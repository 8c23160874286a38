/// Where a program reads a batch.
final class BatchSlots {
  /// One a model's input, `[N, …]`, to be filled before a pass.
  let inputs: [UnsafeMutableRawPointer]
  /// One an objective, laid out as its loss wants it; to be filled before a pass.
  let targets: [UnsafeMutableRawPointer]

  /// Steps of a sequence, when they are fewer than the data's.
  let length: Int?

  init(
    inputs: [UnsafeMutableRawPointer], targets: [UnsafeMutableRawPointer], length: Int? = nil
  ) {
    self.inputs = inputs
    self.targets = targets
    self.length = length
  }
}
