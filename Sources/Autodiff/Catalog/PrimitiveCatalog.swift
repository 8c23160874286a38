import Tensors

/// An operation in the catalog, with the cases in which its derivative is checked.
public struct PrimitiveEntry: Sendable, CustomStringConvertible {
  /// How often an operation can be differentiated.
  public enum Order: String, Hashable, Sendable {
    /// Its derivative is written in operations that have derivatives themselves.
    case any
    /// Its derivative has none.
    case first
  }

  public let name: String
  public let cases: [PrimitiveCase]
  public let order: Order
  /// The primitive whose derivative this is, when it has no case itself: that one's check covers this one.
  public let isDerivativeOf: String?
  /// Made of other primitives: plans have no step of this name.
  public let isComposed: Bool
  /// Constant between steps, so that its derivative is 0 wherever it has one.
  public let isPiecewiseConstant: Bool

  init(
    _ name: String, isDerivativeOf: String? = nil, order: Order = .any, isComposed: Bool = false,
    isPiecewiseConstant: Bool = false, cases: [PrimitiveCase] = []
  ) {
    self.name = name
    self.isDerivativeOf = isDerivativeOf
    self.order = order
    self.isComposed = isComposed
    self.isPiecewiseConstant = isPiecewiseConstant
    self.cases = cases
  }

  public var description: String { name }
}

/// All primitives, and the operations made of them; a line for each family.
public enum PrimitiveCatalog {
  public static let all: [PrimitiveEntry] = families.flatMap { $0 }

  private static let families: [[PrimitiveEntry]] = [
    Arithmetic.entries,
    [Select.entry],
    Elementwise.entries,
    ConstantArithmetic.entries,
    ElementChain.entries,
    [Sum.entry, Broadcast.entry, Reshape.entry, Copy.entry, Transpose.entry],
    ActivationFunction.entries,
    ActivationGradient.entries,
    [MatrixProduct.entry, Linear.entry],
    Softmax.entries,
    RowReduction.entries,
    [CumulativeSum.entry],
    Slice.entries,
    Concatenate.entries,
    Gather.entries,
    ToIndices.entries,
    SegmentMax.entries,
    SparseProduct.entries,
    NeighborSum.entries,
    SegmentSoftmax.entries,
    [SoftmaxCrossEntropy.entry, DistributionCrossEntropy.entry, ClassWeightSum.entry],
    ElementLoss.entries,
    [PairDistances.entry, Triplets.entry],
    [CTC.entry],
    Convolution.entries,
    ConvolutionInputGradient.entries,
    ConvolutionKernelGradient.entries,
    ConvolutionInputGradient.transposedEntries,
    MaxPool.entries,
    [MaxPoolGradient.entry, MaxPoolGather.entry],
    AveragePool.entries,
    GlobalPool.entries,
    Interpolate.entries,
    [Dropout.entry, GaussianNoise.entry],
    [StopGradient.entry],
    LayerNorm.entries,
    RMSNorm.entries,
    BatchNorm.entries,
    GroupNorm.entries,
    Attention.entries,
    PackedAttention.entries,
    Recurrence.entries,
  ]
}
