import Tensors

/// Root-mean-square normalisation, which is layer normalisation around 0.
enum RMSNorm {}

extension Graph {
  /// `x / √(mean x² + ε) · w` over the last axes, those of the weight, or over the last one.
  ///
  /// Zhang and Sennrich 2019, arXiv:1910.07467.
  ///
  /// - Shapes: x `[…, D]`, weight `[D]`, output `[…, D]`; `D` may be several axes.
  public mutating func rmsNorm(
    _ x: Value, weight: Value? = nil, epsilon: Double = 1e-5, axes: Int? = nil
  ) throws(GraphError) -> Value {
    let row = weight.map { shape(of: $0).rank }
    return try apply(
      LayerNorm(isCentred: false, axes: axes ?? row ?? 1, epsilon: epsilon),
      [x] + [weight].compactMap { $0 })
  }
}

extension RMSNorm {
  static var entries: [PrimitiveEntry] {
    let shapes: [(Shape, Int, Bool)] = [
      ([3, 5], 1, true), ([2, 3, 4], 2, true), ([1, 1], 1, true), ([2, 3, 7], 1, false),
      ([5, 33], 1, true), ([4], 1, false), ([7, 2], 1, true),
    ]
    return [
      PrimitiveEntry(
        "rms_norm",
        cases: shapes.map { shape, axes, isWeighted in
          let primitive = LayerNorm(isCentred: false, axes: axes, epsilon: 1e-5)
          let row = primitive.row(of: shape)
          return PrimitiveCase(
            primitive, [.init(shape)] + (isWeighted ? [.init(row)] : []),
            torch: "F.rms_norm(a, \(row), \(isWeighted ? "b" : "None"), 1e-5)")
        }),
      PrimitiveEntry("rms_norm_gradient", isDerivativeOf: "rms_norm"),
    ]
  }
}
