import Kernels
import Tensors

extension Graph {
  /// Gated recurrent units over whole sequences.
  ///
  /// With the rows of `R`, `b` and `x` in the order r z n: `r, z = σ(x + R h + b)`,
  /// `n = tanh(x + r (R h + b))`, `h' = (1 - z) n + z h`. Cho et al. 2014, arXiv:1406.1078; the reset gate after
  /// the product, as PyTorch and cuDNN have it.
  ///
  /// - Parameters:
  ///   - x: `[N, T, 3H]`, the input's projection with its own bias.
  ///   - weight: `R`, `[3H, H]`.
  ///   - bias: `b`, `[3H]`; zeros when absent.
  ///   - state: `h` before the first step, `[N, H]`; zeros when absent.
  /// - Returns: `h` of all steps, `[N, T, H]`, or the last one, `[N, H]`.
  public mutating func gru(
    _ x: Value, weight: Value, bias: Value? = nil, state: Value? = nil,
    options: RecurrentOptions = RecurrentOptions()
  ) throws(GraphError) -> Value {
    let rows = shape(of: weight).dimensions.first ?? 1
    let added = bias ?? constant(0, shape: [rows])
    return try recur(.gru, [x, weight, added], states: state.map { [$0] } ?? [], options)
  }
}
