import Tensors

/// The extents of scaled-dot-product attention.
public struct AttentionGeometry: Hashable, Sendable {
  public var batch: Int
  public var heads: Int
  /// Heads of keys and values; each serves as many heads of queries, one after the other.
  public var keyHeads: Int
  public var queries: Int
  public var keys: Int
  /// Features of queries and keys, and of values.
  public var width: Int
  public var valueWidth: Int
  public var isCausal: Bool
  public var scale: Double
  /// Whether query, key and value lie side by side, `[batch, queries, (heads + 2 keyHeads) · width]`, and the
  /// output is `[batch, queries, heads · width]`; otherwise heads lie apart, `[batch, heads, queries, width]`.
  public var isPacked: Bool

  public init(
    batch: Int, heads: Int, keyHeads: Int, queries: Int, keys: Int, width: Int, valueWidth: Int,
    isCausal: Bool, scale: Double, isPacked: Bool = false
  ) {
    self.batch = batch
    self.heads = heads
    self.keyHeads = keyHeads
    self.queries = queries
    self.keys = keys
    self.width = width
    self.valueWidth = valueWidth
    self.isCausal = isCausal
    self.scale = scale
    self.isPacked = isPacked
  }

  /// Scores of so many queries and keys are in memory at a time.
  static let block = (queries: 64, keys: 128)

  var queryBlocks: Int { (queries + Self.block.queries - 1) / Self.block.queries }

  /// Queries of a block.
  @inline(__always)
  func rows(_ block: Int) -> Range<Int> {
    let first = block * Self.block.queries
    return first..<min(queries, first + Self.block.queries)
  }

  /// How many keys, from the first one on, any of the queries before `end` sees.
  @inline(__always)
  func seen(before end: Int) -> Int { isCausal ? min(keys, end) : keys }

  /// Floating-point operations of so many products with each score; a causal mask leaves half of them.
  func flops(products: Int) -> Int {
    let scores = Double(batch * heads) * Double(queries) * Double(keys) / (isCausal ? 2 : 1)
    return Int(min(1e18, scores * Double(width + valueWidth) * Double(products)))
  }

  /// Blocks of queries, cut by shape alone.
  var forwardTiling: Tiling {
    Tiling(count: batch * heads * queryBlocks, grain: max(1, Int(2e6 / perBlock)))
  }

  /// Heads of keys, with the queries that they serve.
  var backwardTiling: Tiling {
    let each = perBlock * Double(queryBlocks) * Double(heads / keyHeads)
    return Tiling(count: batch * keyHeads, grain: max(1, Int(1e6 / each)))
  }

  private var perBlock: Double {
    Double(min(queries, Self.block.queries)) * Double(keys) * Double(width + valueWidth)
  }

  /// How far apart the rows of a block of scores are: whole panels of products.
  var scoreStride: Int { (min(keys, Self.block.keys) + 31) / 32 * 32 }

  /// Elements of a block of scores.
  var blockCount: Int { min(queries, Self.block.queries) * scoreStride }

  /// Elements of a matrix that is packed for products: a block of queries or keys, and its features, or the other
  /// way round.
  var packedCount: Int {
    let rows = (max(min(queries, Self.block.queries), min(keys, Self.block.keys)) + 31) / 32 * 32
    return rows * ((max(width, valueWidth) + 31) / 32 * 32)
  }
}

/// How far apart the examples, heads and rows of a tensor of attention are.
struct AttentionStrides {
  var batch: Int
  var head: Int
  var row: Int

  @inline(__always)
  func place(_ image: Int, _ head: Int, _ row: Int) -> Int {
    image * batch + head * self.head + row * self.row
  }
}

extension AttentionGeometry {
  @inline(__always)
  private func strides(_ heads: Int, _ rows: Int, _ width: Int) -> AttentionStrides {
    if isPacked {
      let row = (self.heads + 2 * keyHeads) * width
      return AttentionStrides(batch: rows * row, head: width, row: row)
    }
    return AttentionStrides(batch: heads * rows * width, head: rows * width, row: width)
  }

  var query: AttentionStrides { strides(heads, queries, width) }
  var key: AttentionStrides { strides(keyHeads, keys, width) }
  var value: AttentionStrides { strides(keyHeads, keys, valueWidth) }
  var output: AttentionStrides {
    isPacked
      ? AttentionStrides(
        batch: queries * heads * valueWidth, head: valueWidth, row: heads * valueWidth)
      : strides(heads, queries, valueWidth)
  }

  /// Where keys and values begin in a tensor of all three, or of their derivatives.
  var places: (key: Int, value: Int) {
    isPacked
      ? (heads * width, (heads + keyHeads) * width)
      : (
        batch * heads * queries * width, batch * (heads * queries + keyHeads * keys) * width
      )
  }
}

/// Where the tensors of attention lie.
public struct AttentionOperands: @unchecked Sendable {
  public var query: UnsafeMutableRawPointer
  public var key: UnsafeMutableRawPointer
  public var value: UnsafeMutableRawPointer
  /// `[batch, keys]`; 0 drops a key.
  public var mask: UnsafeMutableRawPointer?
  /// `[heads]`; what a score loses for each place that its key lies before its query.
  public var slopes: UnsafeMutableRawPointer?
  public var output: UnsafeMutableRawPointer
  /// `[batch, heads, queries]`; `nil` when nobody wants them.
  public var logSums: UnsafeMutableRawPointer?

  public init(
    query: UnsafeMutableRawPointer, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer,
    mask: UnsafeMutableRawPointer?, slopes: UnsafeMutableRawPointer?,
    output: UnsafeMutableRawPointer, logSums: UnsafeMutableRawPointer?
  ) {
    self.query = query
    self.key = key
    self.value = value
    self.mask = mask
    self.slopes = slopes
    self.output = output
    self.logSums = logSums
  }
}
