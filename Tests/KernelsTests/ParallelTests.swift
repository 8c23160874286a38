import Dispatch
import Synchronization
import Testing

@testable import Kernels

@Suite struct ParallelTests {
  @Test("tiles cover a range once, in order, and depend on nothing but it")
  func tiling() {
    for count in [0, 1, 7, 63, 64, 1000, 16_384, 100_003] {
      for (grain, multiple) in [(1, 1), (64, 16), (16_384, 64)] {
        let tiling = Tiling(count: count, grain: grain, multiple: multiple)
        var next = 0
        for tile in 0..<tiling.tiles {
          let range = tiling.range(tile)
          #expect(range.lowerBound == next || range.isEmpty)
          #expect(range.lowerBound % multiple == 0 || range.isEmpty)
          next = max(next, range.upperBound)
        }
        #expect(next == count)
      }
    }
  }

  @Test("a team runs every tile once, however often it is asked", arguments: [1, 2, 3, 8])
  func team(threads: Int) {
    let team = ThreadTeam(threads: threads)
    let counts = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 37)
    counts.initialize(repeating: 0)
    defer { counts.deallocate() }
    nonisolated(unsafe) let cells = counts
    for _ in 0..<2000 { team.run(tiles: 37) { cells[$0] += 1 } }
    #expect(counts.allSatisfy { $0 == 2000 })
  }

  /// Whole numbers small enough for every sum to be exact, so that any order gives one answer.
  private func matrix(_ count: Int, _ seed: Int) -> [Float] {
    (0..<count).map { Float(($0 &* 7 &+ seed) % 11 - 5) }
  }

  @Test("matrix products are those of three loops, transposed or not, at odd sizes")
  func products() {
    for (m, n, k) in [
      (1, 1, 1), (3, 5, 7), (32, 13, 16), (65, 33, 17), (128, 96, 200), (13, 290, 520),
    ] {
      for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
        let a = matrix(m * k, 1)
        let b = matrix(k * n, 2)
        var expected = [Float](repeating: 0, count: m * n)
        for i in 0..<m {
          for j in 0..<n {
            for l in 0..<k {
              expected[i * n + j] += a[ta ? l * m + i : i * k + l] * b[tb ? j * k + l : l * n + j]
            }
          }
        }
        #expect(
          product(a, b, m, n, k, ta, tb, threads: 1) == expected, "\(m) \(n) \(k) \(ta) \(tb)")
        #expect(product(a, b, m, n, k, ta, tb, threads: 3) == expected)
      }
    }
  }

  @Test("products on several threads at once don't disturb one another")
  func concurrentProducts() {
    let (m, n, k) = (96, 80, 120)
    let a = matrix(m * k, 3)
    let b = matrix(k * n, 4)
    let expected = product(a, b, m, n, k, false, false, threads: 1)
    let wrong = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      if product(a, b, m, n, k, false, false, threads: 1) != expected {
        wrong.wrappingAdd(1, ordering: .relaxed)
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  private func product(
    _ a: [Float], _ b: [Float], _ m: Int, _ n: Int, _ k: Int, _ ta: Bool, _ tb: Bool, threads: Int
  ) -> [Float] {
    var (a, b) = (a, b)
    var c = [Float](repeating: .nan, count: m * n)
    let bytes = Kernels.productWorkspaceBytes(m: m, n: n, k: k, transposeB: tb, .float32)
    let workspace = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
    defer { workspace.deallocate() }
    a.withUnsafeMutableBytes { pa in
      b.withUnsafeMutableBytes { pb in
        c.withUnsafeMutableBytes { pc in
          guard let pa = pa.baseAddress, let pb = pb.baseAddress, let pc = pc.baseAddress else {
            return
          }
          let call = Kernels.product(
            "matmul", .float32, transposeA: ta, transposeB: tb, m: m, n: n, k: k, a: pa, b: pb,
            c: pc, workspace: workspace)
          KernelSequence([call]).run(on: ThreadTeam(threads: threads))
        }
      }
    }
    return c
  }
}
