import Datasets
import Synchronization
import Tensors
import Testing

@testable import Training

/// A source of which it is written down what was to be read ahead.
private final class Noted: ExampleSource {
  let examples: Int
  let isLarge: Bool
  let asked = Mutex<[[Int]]>([])

  init(examples: Int, isLarge: Bool) { (self.examples, self.isLarge) = (examples, isLarge) }

  var inputs: [ExampleInput] { [] }
  var targets: [ExampleTarget] { [] }
  var classIndices: ClassLabels { [] }
  func gather(
    indices: UnsafeBufferPointer<Int>, inputs: [UnsafeMutableRawPointer?],
    targets: [UnsafeMutableRawPointer?]
  ) {}
  func readAhead(_ examples: [Int]) { asked.withLock { $0.append(examples) } }
}

@Suite("Reading ahead")
struct ReadAheadTests {
  private func order(_ count: Int) -> BatchOrder {
    BatchOrder(count: count, batchSize: 3, seed: 7, shuffle: true, dropLast: false)
  }

  @Test("what is read ahead is what a step to come takes, listed or not", arguments: [true, false])
  func coming(isListed: Bool) async throws {
    let source = Noted(examples: 40, isLarge: true)
    let members = ExampleSet(stride(from: 0, to: 40, by: 2))
    let order = order(members.count)
    let ahead = try #require(ReadAhead(source, order: order, members: members))
    var listed: [Int] = []
    order.write(epoch: 2, to: &listed)
    let examples = listed.map { members[$0] }
    examples.withUnsafeBufferPointer {
      ahead.begin(epoch: 2, batch: 1, listed: isListed ? $0 : nil)
    }
    for _ in 0..<500 where source.asked.withLock({ $0.isEmpty }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(source.asked.withLock { $0 } == [Array(examples[order.range(ofBatch: 5)])])
    // Nothing comes after the last batch.
    ahead.begin(epoch: 2, batch: order.batches - 2, listed: nil)
    try await Task.sleep(for: .milliseconds(50))
    #expect(source.asked.withLock { $0.count } == 1)
  }

  @Test("nothing is read ahead of what lies in memory")
  func small() {
    #expect(ReadAhead(Noted(examples: 40, isLarge: false), order: order(40), members: nil) == nil)
  }
}
