import CVectorMath
import Tensors

/// `C [m, n] = A B` of parts of attention, all rows so far apart; B is packed once for several products.
///
/// Where vectors aren't wide B stays where it is, and BLAS multiplies.
private struct AttentionMatrix<Element: MatrixElement> {
  let pointer: UnsafePointer<Element>
  let stride: Int
  let isTransposed: Bool
  let k: Int
  let packed: UnsafeMutablePointer<Element>

  /// - Parameters:
  ///   - k: rows of B, and `n` its columns, after it is transposed.
  @inline(__always)
  init(
    _ pointer: UnsafePointer<Element>, _ stride: Int, isTransposed: Bool = false, k: Int, n: Int,
    packed: UnsafeMutablePointer<Element>
  ) {
    self.pointer = pointer
    self.stride = stride
    self.isTransposed = isTransposed
    self.k = k
    self.packed = packed
    if Product.isWide {
      Element.packColumns(pointer, isTransposed: isTransposed, stride, k: k, n: n, packed)
    }
  }

  /// - Parameters:
  ///   - transposeA: whether A lies with its columns as rows.
  ///   - rows: of B, that the sum goes over.
  @inline(__always)
  func multiply(
    transposeA: Bool = false, m: Int, n: Int, rows: Range<Int>, _ a: UnsafePointer<Element>,
    _ lda: Int, _ c: UnsafeMutablePointer<Element>, _ ldc: Int, isAdded: Bool
  ) {
    if Product.isWide {
      var product = vm_product(
        rows: Int64(m), n: Int64(n), k: Int64(rows.count), packed_k: Int64(k),
        first_k: Int64(rows.lowerBound), row_stride: transposeA ? 1 : Int64(lda),
        column_stride: transposeA ? Int64(lda) : 1, c_stride: Int64(ldc),
        is_added: isAdded ? 1 : 0)
      Element.multiplyRows(&product, a, packed, c)
    } else {
      Element.multiply(
        transposeA: transposeA, transposeB: isTransposed, m: m, n: n, k: rows.count, a, lda,
        pointer + (isTransposed ? rows.lowerBound : rows.lowerBound * stride), stride, c, ldc,
        isAdded: isAdded)
    }
  }
}

extension Kernels {
  private struct AttentionArguments {
    var geometry: AttentionGeometry
    var operands: AttentionOperands
    var dy: UnsafeMutableRawPointer
    /// `dq`, `dk` and `dv`, one after the other or side by side.
    var gradients: UnsafeMutableRawPointer
    var workspace: UnsafeMutableRawPointer
    var workspaceBytes: Int
    var tiling: Tiling
  }

  /// Rows of a block of scores that are multiplied at once: with a causal mask, all but the last of them see fewer
  /// keys.
  private static func rowsTogether(_ geometry: AttentionGeometry) -> Int {
    geometry.isCausal && Product.isWide ? 12 : AttentionGeometry.block.keys
  }

  /// The first block of queries of which one sees a key.
  @inline(__always)
  private static func firstBlock(_ key: Int, _ geometry: AttentionGeometry) -> Int {
    geometry.isCausal ? key / AttentionGeometry.block.queries : 0
  }

  /// How many keys from one on have their derivatives multiplied at once: with a causal mask, only such as the same
  /// block of queries sees first.
  @inline(__always)
  private static func keysTogether(
    _ row: Int, of count: Int, from start: Int, _ together: Int, _ geometry: AttentionGeometry
  ) -> Int {
    let some = min(together, count - row)
    guard geometry.isCausal else { return some }
    let block = AttentionGeometry.block.queries
    return min(some, block - (start + row) % block)
  }

  /// As many columns in the whole panels that they were packed in.
  @inline(__always)
  private static func panels(_ columns: Int, of count: Int) -> Int {
    min(count, (columns + 31) / 32 * 32)
  }

  /// Bytes in whole cache lines.
  private static func lines(_ count: Int, _ element: ElementType) -> Int {
    (bytes(count, element) + 63) / 64 * 64
  }

  /// Bytes of a tile's sums, maxima, scores and two packed matrices.
  private static func forwardBytes(_ geometry: AttentionGeometry, _ element: ElementType) -> Int {
    let rows = AttentionGeometry.block.queries
    return 8 * rows + lines(rows + geometry.blockCount + 2 * geometry.packedCount, element)
  }

  /// Bytes of a tile's dots, scores, slopes and five packed matrices.
  private static func backwardBytes(_ geometry: AttentionGeometry, _ element: ElementType) -> Int {
    let rows = AttentionGeometry.block.queries
    return lines(rows + 2 * geometry.blockCount + 5 * geometry.packedCount, element)
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
    let together = rowsTogether(g)
    let space = a.workspace + tile * a.workspaceBytes
    let sums = space.doubles
    let maxima = (space + 8 * AttentionGeometry.block.queries)
      .assumingMemoryBound(to: Element.self)
    let scores = maxima + AttentionGeometry.block.queries
    let packed = scores + g.blockCount
    let (queries, keys, values, outputs) = (g.query, g.key, g.value, g.output)
    for item in a.tiling.range(tile) {
      let (place, rows) = (item / g.queryBlocks, g.rows(item % g.queryBlocks))
      let (image, head) = (place / g.heads, place % g.heads)
      let keyHead = head / (g.heads / g.keyHeads)
      let query =
        a.operands.query.assumingMemoryBound(to: Element.self)
        + queries.place(image, head, rows.lowerBound)
      let key =
        a.operands.key.assumingMemoryBound(to: Element.self) + keys.place(image, keyHead, 0)
      let value =
        a.operands.value.assumingMemoryBound(to: Element.self) + values.place(image, keyHead, 0)
      let y =
        a.operands.output.assumingMemoryBound(to: Element.self)
        + outputs.place(image, head, rows.lowerBound)
      let mask = a.operands.mask.map {
        UnsafePointer($0.assumingMemoryBound(to: Element.self) + image * g.keys)
      }
      let slope = a.operands.slopes.map {
        Double($0.assumingMemoryBound(to: Element.self)[head])
      }
      Element.fill(maxima, -.infinity, rows.count)
      sums.update(repeating: 0, count: rows.count)
      let seen = g.seen(before: rows.upperBound)
      for start in stride(from: 0, to: seen, by: AttentionGeometry.block.keys) {
        let count = min(AttentionGeometry.block.keys, seen - start)
        var block = vm_attention_block(
          queries: Int64(rows.count), keys: Int64(count), first_query: Int64(rows.lowerBound),
          first_key: Int64(start), stride: Int64(g.scoreStride), is_causal: g.isCausal ? 1 : 0,
          slope: slope ?? 0, scale: g.scale)
        let keyed = AttentionMatrix(
          key + start * keys.row, keys.row, isTransposed: true, k: g.width, n: count,
          packed: packed)
        for row in stride(from: 0, to: rows.count, by: together) {
          let some = min(together, rows.count - row)
          let reach = min(count, g.seen(before: rows.lowerBound + row + some) - start)
          guard reach > 0 else { continue }
          keyed.multiply(
            m: some, n: panels(reach, of: count), rows: 0..<g.width, query + row * queries.row,
            queries.row,
            scores + row * g.scoreStride, g.scoreStride, isAdded: false)
        }
        Element.attentionScores(
          &block, scores, mask.map { $0 + start }, maxima, sums, y, outputs.row, g.valueWidth)
        let valued = AttentionMatrix(
          value + start * values.row, values.row, k: count, n: g.valueWidth,
          packed: packed + g.packedCount)
        for row in stride(from: 0, to: rows.count, by: together) {
          let some = min(together, rows.count - row)
          let reach = min(count, g.seen(before: rows.lowerBound + row + some) - start)
          guard reach > 0 else { continue }
          valued.multiply(
            m: some, n: g.valueWidth, rows: 0..<reach, scores + row * g.scoreStride,
            g.scoreStride, y + row * outputs.row, outputs.row, isAdded: start > 0)
        }
      }
      let first = place * g.queries + rows.lowerBound
      Element.attentionEnd(
        y, outputs.row, maxima, sums,
        a.operands.logSums.map { $0.assumingMemoryBound(to: Element.self) + first }, rows.count,
        g.valueWidth)
    }
  }
}

extension Kernels {
  /// The derivatives of attention by query, key and value, from `dy` and the output.
  ///
  /// They lie one after the other, or side by side where the inputs do. Probabilities are made again from the
  /// logarithms of the sums.
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
    let together = rowsTogether(g)
    let dots = (a.workspace + tile * a.workspaceBytes).assumingMemoryBound(to: Element.self)
    let scores = dots + AttentionGeometry.block.queries
    let slopes = scores + g.blockCount
    let packed = slopes + g.blockCount
    let (queries, keys, values, outputs) = (g.query, g.key, g.value, g.output)
    let dq = a.gradients.assumingMemoryBound(to: Element.self)
    let (dk, dv) = (dq + g.places.key, dq + g.places.value)
    let group = g.heads / g.keyHeads
    for place in a.tiling.range(tile) {
      let (image, keyHead) = (place / g.keyHeads, place % g.keyHeads)
      let (keyPlace, valuePlace) = (keys.place(image, keyHead, 0), values.place(image, keyHead, 0))
      let (dKey, dValue) = (dk + keyPlace, dv + valuePlace)
      // Keys that no query sees; the others' derivatives begin with the first query that does.
      for row in g.seen(before: g.queries)..<g.keys {
        Element.fill(dKey + row * keys.row, 0, g.width)
        Element.fill(dValue + row * values.row, 0, g.valueWidth)
      }
      let key = a.operands.key.assumingMemoryBound(to: Element.self) + keyPlace
      let value = a.operands.value.assumingMemoryBound(to: Element.self) + valuePlace
      let mask = a.operands.mask.map {
        UnsafePointer($0.assumingMemoryBound(to: Element.self) + image * g.keys)
      }
      for head in keyHead * group..<(keyHead + 1) * group {
        let slope = a.operands.slopes.map {
          Double($0.assumingMemoryBound(to: Element.self)[head])
        }
        for index in 0..<g.queryBlocks {
          let rows = g.rows(index)
          let queryPlace = queries.place(image, head, rows.lowerBound)
          let outputPlace = outputs.place(image, head, rows.lowerBound)
          let first = (image * g.heads + head) * g.queries + rows.lowerBound
          let query = a.operands.query.assumingMemoryBound(to: Element.self) + queryPlace
          let y = a.operands.output.assumingMemoryBound(to: Element.self) + outputPlace
          let dy = a.dy.assumingMemoryBound(to: Element.self) + outputPlace
          let dQuery = dq + queryPlace
          Element.attentionDots(dy, y, outputs.row, dots, rows.count, g.valueWidth)
          let asked = AttentionMatrix(
            query, queries.row, k: rows.count, n: g.width, packed: packed)
          let sloped = AttentionMatrix(
            dy, outputs.row, k: rows.count, n: g.valueWidth, packed: packed + g.packedCount)
          let seen = g.seen(before: rows.upperBound)
          for start in stride(from: 0, to: seen, by: AttentionGeometry.block.keys) {
            let count = min(AttentionGeometry.block.keys, seen - start)
            var block = vm_attention_block(
              queries: Int64(rows.count), keys: Int64(count), first_query: Int64(rows.lowerBound),
              first_key: Int64(start), stride: Int64(g.scoreStride),
              is_causal: g.isCausal ? 1 : 0, slope: slope ?? 0, scale: g.scale)
            let keyed = AttentionMatrix(
              key + start * keys.row, keys.row, isTransposed: true, k: g.width, n: count,
              packed: packed + 2 * g.packedCount)
            let valued = AttentionMatrix(
              value + start * values.row, values.row, isTransposed: true, k: g.valueWidth,
              n: count, packed: packed + 3 * g.packedCount)
            let back = AttentionMatrix(
              key + start * keys.row, keys.row, k: count, n: g.width,
              packed: packed + 4 * g.packedCount)
            for row in stride(from: 0, to: rows.count, by: together) {
              let some = min(together, rows.count - row)
              let reach = min(count, g.seen(before: rows.lowerBound + row + some) - start)
              guard reach > 0 else { continue }
              keyed.multiply(
                m: some, n: panels(reach, of: count), rows: 0..<g.width, query + row * queries.row,
                queries.row,
                scores + row * g.scoreStride, g.scoreStride, isAdded: false)
              valued.multiply(
                m: some, n: panels(reach, of: count), rows: 0..<g.valueWidth,
                dy + row * outputs.row, outputs.row,
                slopes + row * g.scoreStride, g.scoreStride, isAdded: false)
            }
            Element.attentionSlopes(
              &block, scores, slopes, mask.map { $0 + start }, logSums + first, dots)
            for row in stride(from: 0, to: rows.count, by: together) {
              let some = min(together, rows.count - row)
              let reach = min(count, g.seen(before: rows.lowerBound + row + some) - start)
              if reach > 0 {
                back.multiply(
                  m: some, n: g.width, rows: 0..<reach, slopes + row * g.scoreStride,
                  g.scoreStride, dQuery + row * queries.row, queries.row, isAdded: start > 0)
              }
            }
            var row = 0
            while row < count {
              let some = keysTogether(row, of: count, from: start, together, g)
              defer { row += some }
              // The first query of the block that sees any of these keys.
              let from = g.isCausal ? max(0, start + row - rows.lowerBound) : 0
              guard from < rows.count else { continue }
              let isFirst = head == keyHead * group && index == firstBlock(start + row, g)
              sloped.multiply(
                transposeA: true, m: some, n: g.valueWidth, rows: from..<rows.count,
                scores + from * g.scoreStride + row, g.scoreStride,
                dValue + (start + row) * values.row, values.row, isAdded: !isFirst)
              asked.multiply(
                transposeA: true, m: some, n: g.width, rows: from..<rows.count,
                slopes + from * g.scoreStride + row, g.scoreStride,
                dKey + (start + row) * keys.row, keys.row, isAdded: !isFirst)
            }
          }
        }
      }
    }
  }
}
