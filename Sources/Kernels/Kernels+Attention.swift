import CVectorMath
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

  public init(
    batch: Int, heads: Int, keyHeads: Int, queries: Int, keys: Int, width: Int, valueWidth: Int,
    isCausal: Bool, scale: Double
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

  /// Elements of a block of scores.
  var blockCount: Int { min(queries, Self.block.queries) * min(keys, Self.block.keys) }
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

/// What attention needs of an element type.
protocol AttentionElement: MatrixElement {
  static func attentionScores(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Self>,
    _ mask: UnsafePointer<Self>?, _ maxima: UnsafeMutablePointer<Self>,
    _ sums: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Self>, _ width: Int)
  static func attentionEnd(
    _ y: UnsafeMutablePointer<Self>, _ maxima: UnsafePointer<Self>, _ sums: UnsafePointer<Double>,
    _ logSums: UnsafeMutablePointer<Self>?, _ queries: Int, _ width: Int)
  static func attentionDots(
    _ dy: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ dots: UnsafeMutablePointer<Self>,
    _ queries: Int, _ width: Int)
  static func attentionSlopes(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Self>,
    _ slopes: UnsafeMutablePointer<Self>, _ mask: UnsafePointer<Self>?,
    _ logSums: UnsafePointer<Self>, _ dots: UnsafePointer<Self>)
}

extension Float: AttentionElement {
  @inline(__always)
  static func attentionScores(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Float>,
    _ mask: UnsafePointer<Float>?, _ maxima: UnsafeMutablePointer<Float>,
    _ sums: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Float>, _ width: Int
  ) { vm_attention_scores_f32(block, scores, mask, maxima, sums, y, Int64(width)) }
  @inline(__always)
  static func attentionEnd(
    _ y: UnsafeMutablePointer<Float>, _ maxima: UnsafePointer<Float>, _ sums: UnsafePointer<Double>,
    _ logSums: UnsafeMutablePointer<Float>?, _ queries: Int, _ width: Int
  ) { vm_attention_end_f32(y, maxima, sums, logSums, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionDots(
    _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ dots: UnsafeMutablePointer<Float>,
    _ queries: Int, _ width: Int
  ) { vm_attention_dots_f32(dy, y, dots, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionSlopes(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Float>,
    _ slopes: UnsafeMutablePointer<Float>, _ mask: UnsafePointer<Float>?,
    _ logSums: UnsafePointer<Float>, _ dots: UnsafePointer<Float>
  ) { vm_attention_slopes_f32(block, scores, slopes, mask, logSums, dots) }
}

extension Double: AttentionElement {
  @inline(__always)
  static func attentionScores(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Double>,
    _ mask: UnsafePointer<Double>?, _ maxima: UnsafeMutablePointer<Double>,
    _ sums: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ width: Int
  ) { vm_attention_scores_f64(block, scores, mask, maxima, sums, y, Int64(width)) }
  @inline(__always)
  static func attentionEnd(
    _ y: UnsafeMutablePointer<Double>, _ maxima: UnsafePointer<Double>,
    _ sums: UnsafePointer<Double>,
    _ logSums: UnsafeMutablePointer<Double>?, _ queries: Int, _ width: Int
  ) { vm_attention_end_f64(y, maxima, sums, logSums, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionDots(
    _ dy: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ dots: UnsafeMutablePointer<Double>,
    _ queries: Int, _ width: Int
  ) { vm_attention_dots_f64(dy, y, dots, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionSlopes(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Double>,
    _ slopes: UnsafeMutablePointer<Double>, _ mask: UnsafePointer<Double>?,
    _ logSums: UnsafePointer<Double>, _ dots: UnsafePointer<Double>
  ) { vm_attention_slopes_f64(block, scores, slopes, mask, logSums, dots) }
}

/// `C [m, n] = α op(A) op(B)`, or that added to C, row-major and without gaps.
@inline(__always)
private func attentionProduct<Element: MatrixElement>(
  _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Element,
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, isAdded: Bool,
  _ c: UnsafeMutablePointer<Element>
) {
  Element.multiply(
    transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a,
    transposeA ? m : k, b, transposeB ? k : n, c, n, isAdded: isAdded)
}

extension Kernels {
  private struct AttentionArguments {
    var geometry: AttentionGeometry
    var operands: AttentionOperands
    var dy: UnsafeMutableRawPointer
    /// `dq`, `dk` and `dv`, one after the other.
    var gradients: UnsafeMutableRawPointer
    var workspace: UnsafeMutableRawPointer
    var workspaceBytes: Int
    var tiling: Tiling
  }

  /// Bytes of a tile's sums, maxima and scores, in whole cache lines.
  private static func forwardBytes(_ geometry: AttentionGeometry, _ element: ElementType) -> Int {
    let rows = AttentionGeometry.block.queries
    return 8 * rows + (bytes(rows + geometry.blockCount, element) + 63) / 64 * 64
  }

  /// Bytes of a tile's dots, scores and slopes, in whole cache lines.
  private static func backwardBytes(_ geometry: AttentionGeometry, _ element: ElementType) -> Int {
    let rows = AttentionGeometry.block.queries
    return (bytes(rows + 2 * geometry.blockCount, element) + 63) / 64 * 64
  }

  /// Bytes of scratch memory: blocks of scores for each tile, however long the sequences are.
  public static func attentionWorkspaceBytes(
    _ geometry: AttentionGeometry, _ element: ElementType
  ) -> Int { geometry.forwardTiling.tiles * forwardBytes(geometry, element) }

  /// The same for the gradient.
  public static func attentionGradientWorkspaceBytes(
    _ geometry: AttentionGeometry, _ element: ElementType
  ) -> Int { geometry.backwardTiling.tiles * backwardBytes(geometry, element) }

  /// `softmax(scale · q kᵀ + bias) v`, block by block.
  ///
  /// Dao et al. 2022, arXiv:2205.14135. A query that sees no key gets 0.
  public static func attention(
    _ element: ElementType, _ geometry: AttentionGeometry, _ operands: AttentionOperands,
    workspace: UnsafeMutableRawPointer
  ) -> KernelCall {
    _ = BLAS.isReady
    let g = geometry
    let arguments = AttentionArguments(
      geometry: g, operands: operands, dy: operands.output, gradients: operands.output,
      workspace: workspace, workspaceBytes: forwardBytes(g, element), tiling: g.forwardTiling)
    let count =
      g.batch
      * (g.heads * g.queries * (g.width + g.valueWidth)
        + g.keyHeads * g.keys * (g.width + g.valueWidth))
    return Kernel(
      "attention", tiles: arguments.tiling.tiles, flops: g.flops(products: 2),
      bytes: bytes(count, element), arguments: arguments, for: element,
      double: { attend($0, $1, Double.self) }, single: { attend($0, $1, Float.self) })
  }

  @inline(__always)
  private static func attend<Element: AttentionElement>(
    _ a: AttentionArguments, _ tile: Int, _: Element.Type
  ) {
    let g = a.geometry
    let space = a.workspace + tile * a.workspaceBytes
    let sums = space.doubles
    let maxima = (space + 8 * AttentionGeometry.block.queries)
      .assumingMemoryBound(to: Element.self)
    let scores = maxima + AttentionGeometry.block.queries
    for item in a.tiling.range(tile) {
      let (head, rows) = (item / g.queryBlocks, g.rows(item % g.queryBlocks))
      let image = head / g.heads
      let keyHead = image * g.keyHeads + head % g.heads / (g.heads / g.keyHeads)
      let first = head * g.queries + rows.lowerBound
      let query = a.operands.query.assumingMemoryBound(to: Element.self) + first * g.width
      let key = a.operands.key.assumingMemoryBound(to: Element.self) + keyHead * g.keys * g.width
      let value =
        a.operands.value.assumingMemoryBound(to: Element.self) + keyHead * g.keys * g.valueWidth
      let y = a.operands.output.assumingMemoryBound(to: Element.self) + first * g.valueWidth
      let mask = a.operands.mask.map {
        UnsafePointer($0.assumingMemoryBound(to: Element.self) + image * g.keys)
      }
      let slope = a.operands.slopes.map {
        Double($0.assumingMemoryBound(to: Element.self)[head % g.heads])
      }
      Element.fill(maxima, -.infinity, rows.count)
      sums.update(repeating: 0, count: rows.count)
      let seen = g.seen(before: rows.upperBound)
      for start in stride(from: 0, to: seen, by: AttentionGeometry.block.keys) {
        let count = min(AttentionGeometry.block.keys, seen - start)
        var block = vm_attention_block(
          queries: Int64(rows.count), keys: Int64(count), first_query: Int64(rows.lowerBound),
          first_key: Int64(start), is_causal: g.isCausal ? 1 : 0, slope: slope ?? 0)
        attentionProduct(
          false, true, rows.count, count, g.width, Element(g.scale), query, key + start * g.width,
          isAdded: false, scores)
        Element.attentionScores(
          &block, scores, mask.map { $0 + start }, maxima, sums, y, g.valueWidth)
        attentionProduct(
          false, false, rows.count, g.valueWidth, count, 1, scores, value + start * g.valueWidth,
          isAdded: start > 0, y)
      }
      Element.attentionEnd(
        y, maxima, sums,
        a.operands.logSums.map { $0.assumingMemoryBound(to: Element.self) + first }, rows.count,
        g.valueWidth)
    }
  }
}

extension Kernels {
  /// The derivatives of attention: `dq`, `dk` and `dv`, one after the other, from `dy` and the output.
  ///
  /// Probabilities are made again from the logarithms of the sums.
  ///
  /// - Precondition: the operands have the sums' logarithms.
  public static func attentionGradient(
    _ element: ElementType, _ geometry: AttentionGeometry, _ operands: AttentionOperands,
    dy: UnsafeMutableRawPointer, gradients: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer
  ) -> KernelCall {
    _ = BLAS.isReady
    let g = geometry
    let arguments = AttentionArguments(
      geometry: g, operands: operands, dy: dy, gradients: gradients, workspace: workspace,
      workspaceBytes: backwardBytes(g, element), tiling: g.backwardTiling)
    let count =
      g.batch
      * (g.heads * g.queries * (2 * g.width + 2 * g.valueWidth)
        + g.keyHeads * g.keys * (2 * g.width + 2 * g.valueWidth))
    return Kernel(
      "attention_gradient", tiles: arguments.tiling.tiles, flops: g.flops(products: 5),
      bytes: bytes(count, element), arguments: arguments, for: element,
      double: { attendBackward($0, $1, Double.self) },
      single: { attendBackward($0, $1, Float.self) })
  }

  @inline(__always)
  private static func attendBackward<Element: AttentionElement>(
    _ a: AttentionArguments, _ tile: Int, _: Element.Type
  ) {
    guard let logSums = a.operands.logSums?.assumingMemoryBound(to: Element.self) else { return }
    let g = a.geometry
    let dots = (a.workspace + tile * a.workspaceBytes).assumingMemoryBound(to: Element.self)
    let scores = dots + AttentionGeometry.block.queries
    let slopes = scores + g.blockCount
    let dq = a.gradients.assumingMemoryBound(to: Element.self)
    let dk = dq + g.batch * g.heads * g.queries * g.width
    let dv = dk + g.batch * g.keyHeads * g.keys * g.width
    let group = g.heads / g.keyHeads
    for keyHead in a.tiling.range(tile) {
      let dKey = dk + keyHead * g.keys * g.width
      let dValue = dv + keyHead * g.keys * g.valueWidth
      Element.fill(dKey, 0, g.keys * g.width)
      Element.fill(dValue, 0, g.keys * g.valueWidth)
      let key = a.operands.key.assumingMemoryBound(to: Element.self) + keyHead * g.keys * g.width
      let value =
        a.operands.value.assumingMemoryBound(to: Element.self) + keyHead * g.keys * g.valueWidth
      let mask = a.operands.mask.map {
        UnsafePointer($0.assumingMemoryBound(to: Element.self) + keyHead / g.keyHeads * g.keys)
      }
      for head in keyHead * group..<(keyHead + 1) * group {
        let slope = a.operands.slopes.map {
          Double($0.assumingMemoryBound(to: Element.self)[head % g.heads])
        }
        for index in 0..<g.queryBlocks {
          let rows = g.rows(index)
          let first = head * g.queries + rows.lowerBound
          let query = a.operands.query.assumingMemoryBound(to: Element.self) + first * g.width
          let y = a.operands.output.assumingMemoryBound(to: Element.self) + first * g.valueWidth
          let dy = a.dy.assumingMemoryBound(to: Element.self) + first * g.valueWidth
          Element.attentionDots(dy, y, dots, rows.count, g.valueWidth)
          let seen = g.seen(before: rows.upperBound)
          for start in stride(from: 0, to: seen, by: AttentionGeometry.block.keys) {
            let count = min(AttentionGeometry.block.keys, seen - start)
            var block = vm_attention_block(
              queries: Int64(rows.count), keys: Int64(count), first_query: Int64(rows.lowerBound),
              first_key: Int64(start), is_causal: g.isCausal ? 1 : 0, slope: slope ?? 0)
            attentionProduct(
              false, true, rows.count, count, g.width, Element(g.scale), query,
              key + start * g.width, isAdded: false, scores)
            attentionProduct(
              false, true, rows.count, count, g.valueWidth, 1, dy, value + start * g.valueWidth,
              isAdded: false, slopes)
            Element.attentionSlopes(
              &block, scores, slopes, mask.map { $0 + start }, logSums + first, dots)
            attentionProduct(
              true, false, count, g.valueWidth, rows.count, 1, scores, dy, isAdded: true,
              dValue + start * g.valueWidth)
            attentionProduct(
              false, false, rows.count, g.width, count, Element(g.scale), slopes,
              key + start * g.width, isAdded: start > 0, dq + first * g.width)
            attentionProduct(
              true, false, count, g.width, rows.count, Element(g.scale), slopes, query,
              isAdded: true,
              dKey + start * g.width)
          }
        }
      }
    }
  }
}
