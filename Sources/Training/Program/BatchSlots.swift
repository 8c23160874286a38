/// Where a program reads a batch.
struct BatchSlots {
  /// One a model's input, `[N, …]`, to be filled before a pass.
  let inputs: [UnsafeMutableRawPointer]
  /// One an objective, laid out as its loss wants it; to be filled before a pass.
  let targets: [UnsafeMutableRawPointer]
}
