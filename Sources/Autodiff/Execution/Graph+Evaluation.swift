import Kernels
import Tensors

extension Graph {
  /// The elements of some values, computed at once on one thread: for graphs that run only once.
  ///
  /// - Parameter contents: what inputs and parameters hold.
  /// - Throws: `GraphError` for an input that nothing was said of.
  public func evaluated(
    _ outputs: [Value], with contents: [Value: Tensor]
  ) throws(GraphError) -> [[Double]] {
    // Passes cost more than they save in one run.
    let executor = try Executor(
      plan: Plan(self, outputs: outputs, options: .none), bindings: [:],
      team: ThreadTeam(threads: 1))
    for (value, tensor) in contents {
      guard let place = executor.place(of: value) else { continue }
      tensor.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
    try executor.checkInputs()
    executor.run()
    return outputs.map { output in
      let place = executor.pointer(to: output)
      let count = shape(of: output).count
      return element == .float64
        ? (0..<count).map { place.load(fromByteOffset: 8 * $0, as: Double.self) }
        : (0..<count).map { Double(place.load(fromByteOffset: 4 * $0, as: Float.self)) }
    }
  }
}
