import Tensors
import Testing

@testable import Autodiff

@Suite struct ArenaLayoutTests {
  private func overlaps(_ requests: [ArenaLayout.Request], _ layout: ArenaLayout) -> String? {
    for i in requests.indices {
      for j in requests.indices where j > i {
        guard requests[i].lifetime.overlaps(requests[j].lifetime) else { continue }
        let (a, b) = (layout.offsets[i], layout.offsets[j])
        if a < b + requests[j].bytes && b < a + requests[i].bytes { return "\(i) and \(j)" }
      }
    }
    return nil
  }

  @Test("buffers alive together never overlap, and lie aligned within the block", arguments: 0..<60)
  func disjoint(seed: UInt64) {
    var generator = Philox(seed: seed, purpose: "layout").generator()
    let count = 1 + Int(generator.next() % 80)
    let requests = (0..<count).map { _ in
      let first = Int(generator.next() % 50)
      return ArenaLayout.Request(
        bytes: 1 + Int(generator.next() % 5_000),
        lifetime: first...(first + Int(generator.next() % 12)))
    }
    let layout = ArenaLayout(requests)
    #expect(overlaps(requests, layout) == nil, "seed \(seed)")
    for (request, offset) in zip(requests, layout.offsets) {
      #expect(offset % 64 == 0)
      #expect(offset + request.bytes <= layout.byteCount)
    }
    // No block can be smaller than what is alive at one moment.
    let peak = (0..<62).map { moment in
      requests.filter { $0.lifetime.contains(moment) }
        .reduce(0) { $0 + ArenaLayout.rounded($1.bytes) }
    }.max()
    #expect(layout.byteCount >= peak ?? 0)
  }

  @Test("buffers one after the other lie at one place")
  func reuse() {
    let requests = (0..<10).map {
      ArenaLayout.Request(bytes: 640, lifetime: ($0 * 2)...($0 * 2 + 1))
    }
    #expect(ArenaLayout(requests).byteCount == 640)
  }

  @Test("a chain, where each buffer meets only the next, needs room for two")
  func chain() {
    let requests = (0..<10).map { ArenaLayout.Request(bytes: 640, lifetime: $0...($0 + 1)) }
    #expect(ArenaLayout(requests).byteCount == 1_280)
  }

  @Test("nothing needs no memory")
  func empty() { #expect(ArenaLayout([]).byteCount == 0) }
}
