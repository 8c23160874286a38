import Datasets
import Dispatch
import Synchronization

/// Has the disk read the examples of steps to come, on a lane of its own, while a step computes.
///
/// Nothing waits for it: an example that isn't there yet is read when it is gathered.
final class ReadAhead: Sendable {
  private let source: any ExampleSource
  private let order: BatchOrder
  private let members: ExampleSet?
  private let queue = DispatchQueue(label: "chainrule.read-ahead", qos: .utility)
  private let waiting = Atomic<Int>(0)

  /// Steps that are read ahead.
  private static let steps = 4

  /// - Returns: `nil` where the source is small enough to lie in memory.
  init?(_ source: any ExampleSource, order: BatchOrder, members: ExampleSet?) {
    guard source.isLarge else { return nil }
    (self.source, self.order, self.members) = (source, order, members)
  }

  /// Takes note that a batch of an epoch is wanted now, so that those after it are soon.
  ///
  /// - Parameter listed: the epoch's order, where it is held.
  func begin(epoch: Int, batch: Int, listed: UnsafeBufferPointer<Int>?) {
    let next = batch + Self.steps
    guard next < order.batches, waiting.load(ordering: .relaxed) <= Self.steps else { return }
    let known = listed.map { Array($0[order.range(ofBatch: next)]) }
    waiting.add(1, ordering: .relaxed)
    queue.async { [self] in
      let examples =
        known
        ?? order.batch(epoch: epoch, index: next).map { position in members?[position] ?? position }
      source.readAhead(examples)
      waiting.subtract(1, ordering: .relaxed)
    }
  }
}
