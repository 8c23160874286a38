import Kernels
import Tensors

extension Graph {
  /// A plain recurrent network over whole sequences: `h' = tanh(x + R h)`, or with the rectifier.
  ///
  /// Elman 1990, doi:10.1207/s15516709cog1402_1; with the rectifier as in Le, Jaitly and Hinton 2015,
  /// arXiv:1504.00941.
  ///
  /// - Parameters:
  ///   - x: `[N, T, H]`, the input's projection with both biases.
  ///   - weight: `R`, `[H, H]`.
  ///   - state: `h` before the first step, `[N, H]`; zeros when absent.
  /// - Returns: `h` of all steps, `[N, T, H]`, or the last one, `[N, H]`.
  public mutating func rnn(
    _ x: Value, weight: Value, isRectified: Bool = false, state: Value? = nil,
    options: RecurrentOptions = RecurrentOptions()
  ) throws(GraphError) -> Value {
    try recur(
      isRectified ? .relu : .tanh, [x, weight], states: state.map { [$0] } ?? [], options)
  }
}
