import JSON

/// The layers a spec may name, in the order in which the catalog lists them.
public enum LayerCatalog {
  public static let all: [any Layer.Type] = [
    Dense.self,
    Bilinear.self,
    Embedding.self,
    PositionalEmbedding.self,
    BatchNormalization.self,
    LayerNormalization.self,
    GroupNormalization.self,
    InstanceNormalization.self,
    RootMeanSquareNormalization.self,
    RNN.self,
    LSTM.self,
    GRU.self,
    MultiHeadAttention.self,
    TransformerBlock.self,
    TransformerDecoderBlock.self,
    Add.self,
    Multiply.self,
    Average.self,
    Concatenation.self,
    DotProduct.self,
    ActivationLayer.self,
    Maxout.self,
    GatedLinearUnit.self,
    Flatten.self,
    Reshape.self,
    Permute.self,
    Slicing.self,
    ZeroPadding.self,
    Dropout.self,
    SpatialDropout.self,
    StochasticDepth.self,
    GaussianNoise.self,
    Conv1D.self,
    Conv2D.self,
    Conv3D.self,
    DepthwiseConvolution.self,
    SeparableConvolution.self,
    TransposedConvolution<OneAxis>.self,
    TransposedConvolution<TwoAxes>.self,
    TransposedConvolution<ThreeAxes>.self,
    Upsampling.self,
    WindowPool<Largest, OneAxis>.self,
    WindowPool<Largest, TwoAxes>.self,
    WindowPool<Largest, ThreeAxes>.self,
    WindowPool<Mean, OneAxis>.self,
    WindowPool<Mean, TwoAxes>.self,
    WindowPool<Mean, ThreeAxes>.self,
    GlobalPool<Largest, OneAxis>.self,
    GlobalPool<Largest, TwoAxes>.self,
    GlobalPool<Largest, ThreeAxes>.self,
    GlobalPool<Mean, OneAxis>.self,
    GlobalPool<Mean, TwoAxes>.self,
    GlobalPool<Mean, ThreeAxes>.self,
    AdaptivePool<Largest, OneAxis>.self,
    AdaptivePool<Largest, TwoAxes>.self,
    AdaptivePool<Largest, ThreeAxes>.self,
    AdaptivePool<Mean, OneAxis>.self,
    AdaptivePool<Mean, TwoAxes>.self,
    AdaptivePool<Mean, ThreeAxes>.self,
  ]

  public static var entries: [CatalogEntry] {
    all.map { type in
      type is any NormalizableLayer.Type
        ? type.documentation.adding(Parametrization.fields) : type.documentation
    }
  }
}
