import Kernels
import Tensors

extension Graph {
  /// Long short-term memory over whole sequences.
  ///
  /// With the rows of `R` and `x` in the order i f g o: `i, f, o = σ(x + R h)`, `g = tanh(x + R h)`,
  /// `c' = f c + i g`, `h' = o tanh(c')`. Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735;
  /// the forget gate of Gers, Schmidhuber and Cummins 2000, doi:10.1162/089976600300015015.
  ///
  /// - Parameters:
  ///   - x: `[N, T, 4H]`, the input's projection with both biases.
  ///   - weight: `R`, `[4H, H]`.
  ///   - states: `h` and `c` before the first step, `[N, H]` each; zeros when absent.
  /// - Returns: `h` of all steps, `[N, T, H]`, or the last one, `[N, H]`.
  public mutating func lstm(
    _ x: Value, weight: Value, states: (h: Value, c: Value)? = nil,
    options: RecurrentOptions = RecurrentOptions()
  ) throws(GraphError) -> Value {
    try recur(.lstm, [x, weight], states: states.map { [$0.h, $0.c] } ?? [], options)
  }
}
