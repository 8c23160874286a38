import Foundation
import Tensors
import Testing

@testable import Kernels

/// Attention over heads that lie apart and over packed projections, against plain loops in double.
@Suite struct AttentionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var batch = 1
    var heads: Int
    var keyHeads: Int
    var queries: Int
    var keys: Int
    var width: Int
    var valueWidth: Int
    var isCausal = false
    var isPacked = false
    var hasSlopes = false
    var hasMask = false

    var testDescription: String {
      "\(batch) x \(heads)/\(keyHeads) heads, \(queries) x \(keys), \(width)/\(valueWidth) wide"
        + (isCausal ? ", causal" : "") + (isPacked ? ", packed" : "")
        + (hasSlopes ? ", slopes" : "") + (hasMask ? ", mask" : "")
    }

    var geometry: AttentionGeometry {
      AttentionGeometry(
        batch: batch, heads: heads, keyHeads: keyHeads, queries: queries, keys: keys, width: width,
        valueWidth: valueWidth, isCausal: isCausal, scale: 0.37, isPacked: isPacked)
    }
  }

  static let cases: [Case] = [
    .init(heads: 1, keyHeads: 1, queries: 1, keys: 1, width: 1, valueWidth: 1),
    .init(batch: 2, heads: 4, keyHeads: 2, queries: 13, keys: 17, width: 5, valueWidth: 3),
    .init(heads: 2, keyHeads: 2, queries: 64, keys: 64, width: 32, valueWidth: 32, isCausal: true),
    .init(
      heads: 2, keyHeads: 1, queries: 100, keys: 150, width: 33, valueWidth: 17, isCausal: true),
    .init(heads: 1, keyHeads: 1, queries: 150, keys: 90, width: 8, valueWidth: 40, isCausal: true),
    .init(
      batch: 2, heads: 2, keyHeads: 2, queries: 70, keys: 140, width: 16, valueWidth: 16,
      hasMask: true),
    .init(
      heads: 3, keyHeads: 1, queries: 40, keys: 40, width: 7, valueWidth: 7, isCausal: true,
      hasSlopes: true),
    .init(
      batch: 2, heads: 4, keyHeads: 4, queries: 64, keys: 64, width: 32, valueWidth: 32,
      isCausal: true, isPacked: true),
    .init(
      batch: 3, heads: 4, keyHeads: 2, queries: 37, keys: 37, width: 9, valueWidth: 9,
      isPacked: true),
    .init(
      heads: 2, keyHeads: 1, queries: 139, keys: 139, width: 20, valueWidth: 20, isCausal: true,
      isPacked: true, hasSlopes: true),
  ]

  /// Uniform in -1..<1, by a counter.
  private func numbers(_ count: Int, _ seed: UInt64) -> [Double] {
    (0..<count).map { index in
      var z = (UInt64(index) &+ seed &* 1_000_003) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Double((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
    }
  }

  /// Where elements lie: queries and their cotangents, keys, values, outputs.
  private struct Places {
    let g: AttentionGeometry
    var total: Int {
      g.batch * (g.heads * g.queries * g.width + g.keyHeads * g.keys * (g.width + g.valueWidth))
    }
    var outputs: Int { g.batch * g.heads * g.queries * g.valueWidth }

    func query(_ n: Int, _ h: Int, _ i: Int, _ d: Int) -> Int {
      g.isPacked
        ? (n * g.queries + i) * row + h * g.width + d
        : ((n * g.heads + h) * g.queries + i) * g.width + d
    }
    func key(_ n: Int, _ h: Int, _ j: Int, _ d: Int) -> Int {
      g.isPacked
        ? (n * g.keys + j) * row + (g.heads + h) * g.width + d
        : g.batch * g.heads * g.queries * g.width + ((n * g.keyHeads + h) * g.keys + j) * g.width
          + d
    }
    func value(_ n: Int, _ h: Int, _ j: Int, _ d: Int) -> Int {
      g.isPacked
        ? (n * g.keys + j) * row + (g.heads + g.keyHeads + h) * g.width + d
        : g.batch * (g.heads * g.queries + g.keyHeads * g.keys) * g.width
          + ((n * g.keyHeads + h) * g.keys + j) * g.valueWidth + d
    }
    func output(_ n: Int, _ h: Int, _ i: Int, _ d: Int) -> Int {
      g.isPacked
        ? ((n * g.queries + i) * g.heads + h) * g.valueWidth + d
        : ((n * g.heads + h) * g.queries + i) * g.valueWidth + d
    }
    private var row: Int { (g.heads + 2 * g.keyHeads) * g.width }
  }

  private func expected(
    _ used: Case, _ x: [Double], _ dy: [Double], _ mask: [Double], _ slopes: [Double]
  ) -> (y: [Double], dx: [Double]) {
    let (g, at) = (used.geometry, Places(g: used.geometry))
    var y = [Double](repeating: 0, count: at.outputs)
    var dx = [Double](repeating: 0, count: at.total)
    for n in 0..<g.batch {
      for h in 0..<g.heads {
        let kh = h / (g.heads / g.keyHeads)
        for i in 0..<g.queries {
          var p = [Double](repeating: 0, count: g.keys)
          for j in 0..<g.keys {
            guard !used.isCausal || j <= i, !used.hasMask || mask[n * g.keys + j] != 0 else {
              continue
            }
            var score = 0.0
            for d in 0..<g.width { score += x[at.query(n, h, i, d)] * x[at.key(n, kh, j, d)] }
            p[j] = exp(score * g.scale + (used.hasSlopes ? slopes[h] * Double(j - i) : 0))
          }
          let sum = p.reduce(0, +)
          guard sum > 0 else { continue }
          p = p.map { $0 / sum }
          var dot = 0.0
          for d in 0..<g.valueWidth {
            let place = at.output(n, h, i, d)
            for j in 0..<g.keys { y[place] += p[j] * x[at.value(n, kh, j, d)] }
            dot += y[place] * dy[place]
          }
          for j in 0..<g.keys where p[j] != 0 {
            var dp = 0.0
            for d in 0..<g.valueWidth {
              let slope = dy[at.output(n, h, i, d)]
              dp += slope * x[at.value(n, kh, j, d)]
              dx[at.value(n, kh, j, d)] += p[j] * slope
            }
            let ds = p[j] * (dp - dot) * g.scale
            for d in 0..<g.width {
              dx[at.query(n, h, i, d)] += ds * x[at.key(n, kh, j, d)]
              dx[at.key(n, kh, j, d)] += ds * x[at.query(n, h, i, d)]
            }
          }
        }
      }
    }
    return (y, dx)
  }

  private func found<Element: BinaryFloatingPoint>(
    _ used: Case, _ element: ElementType, _: Element.Type, _ x: [Double], _ dy: [Double],
    _ mask: [Double], _ slopes: [Double], threads: Int
  ) -> (y: [Double], dx: [Double]) {
    let (g, at) = (used.geometry, Places(g: used.geometry))
    var (xs, dys) = (x.map { Element($0) }, dy.map { Element($0) })
    var (masks, slope) = (mask.map { Element($0) }, slopes.map { Element($0) })
    var y = [Element](repeating: .nan, count: at.outputs)
    var dx = [Element](repeating: .nan, count: at.total)
    var sums = [Element](repeating: .nan, count: g.batch * g.heads * g.queries)
    let bytes = max(
      Kernels.attentionWorkspaceBytes(g, element),
      Kernels.attentionGradientWorkspaceBytes(g, element))
    let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    workspace.initializeMemory(as: UInt8.self, repeating: 0xFF, count: bytes)
    defer { workspace.deallocate() }
    xs.withUnsafeMutableBytes { px in
      dys.withUnsafeMutableBytes { pdy in
        masks.withUnsafeMutableBytes { pm in
          slope.withUnsafeMutableBytes { ps in
            y.withUnsafeMutableBytes { py in
              dx.withUnsafeMutableBytes { pdx in
                sums.withUnsafeMutableBytes { pl in
                  let base = px.baseAddress!
                  let operands = AttentionOperands(
                    query: base, key: base + g.places.key * element.byteCount,
                    value: base + g.places.value * element.byteCount,
                    mask: used.hasMask ? pm.baseAddress : nil,
                    slopes: used.hasSlopes ? ps.baseAddress : nil, output: py.baseAddress!,
                    logSums: pl.baseAddress)
                  let team = ThreadTeam(threads: threads)
                  KernelSequence([Kernels.attention(element, g, operands, workspace: workspace)])
                    .run(on: team)
                  KernelSequence([
                    Kernels.attentionGradient(
                      element, g, operands, dy: pdy.baseAddress!, gradients: pdx.baseAddress!,
                      workspace: workspace)
                  ]).run(on: team)
                }
              }
            }
          }
        }
      }
    }
    return (y.map { Double($0) }, dx.map { Double($0) })
  }

  @Test("output and derivatives are those of plain loops", arguments: cases)
  func loops(used: Case) {
    let (g, at) = (used.geometry, Places(g: used.geometry))
    let (x, dy) = (numbers(at.total, 1), numbers(at.outputs, 2))
    var mask = numbers(g.batch * g.keys, 3).map { $0 > -0.3 ? 1.0 : 0 }
    mask[0] = 1
    let slopes = (0..<g.heads).map { 0.25 / Double($0 + 1) }
    let exact = expected(used, x, dy, mask, slopes)
    for threads in [1, 3] {
      let double = found(used, .float64, Double.self, x, dy, mask, slopes, threads: threads)
      let single = found(used, .float32, Float.self, x, dy, mask, slopes, threads: threads)
      for (what, bound) in [(double, 1e-12), (single, 1e-5)] {
        #expect(distance(what.y, exact.y) < bound)
        #expect(distance(what.dx, exact.dx) < bound)
      }
    }
  }

  /// The largest difference, as a part of the largest element.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    let scale = max(1e-300, b.reduce(0) { max($0, abs($1)) })
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
      / scale
  }
}
