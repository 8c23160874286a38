/// Places buffers in one block so that those alive at the same time don't overlap.
///
/// Greedy by size: the largest first, each at the lowest offset where nothing alive at the same time lies.
/// Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net Inference", arXiv:2001.03288.
struct ArenaLayout: Sendable {
  static let alignment = 64

  /// A buffer's size, and the first and last step at which it holds something.
  struct Request: Hashable, Sendable {
    var bytes: Int
    var lifetime: ClosedRange<Int>
  }

  /// For each request, in bytes from the block's start.
  let offsets: [Int]
  let byteCount: Int

  static func rounded(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

  init(_ requests: [Request]) {
    var offsets = [Int](repeating: 0, count: requests.count)
    var end = 0
    let order = requests.indices.sorted { left, right in
      if requests[left].bytes != requests[right].bytes {
        return requests[left].bytes > requests[right].bytes
      }
      return left < right
    }
    // What is placed, in the order of offsets.
    var placed: [Int] = []
    for index in order {
      let size = ArenaLayout.rounded(requests[index].bytes)
      var offset = 0
      for other in placed where requests[other].lifetime.overlaps(requests[index].lifetime) {
        if offsets[other] >= offset + size { break }
        offset = max(offset, offsets[other] + ArenaLayout.rounded(requests[other].bytes))
      }
      offsets[index] = offset
      end = max(end, offset + size)
      let place = placed.firstIndex { offsets[$0] > offset } ?? placed.endIndex
      placed.insert(index, at: place)
    }
    self.offsets = offsets
    byteCount = end
  }
}
