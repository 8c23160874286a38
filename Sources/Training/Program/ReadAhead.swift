import Dispatch
import Synchronization

/// Has the disk read the examples of batches to come, on a lane of its own, while a batch computes.
///
/// Nothing waits for it: an example that isn't there yet is read when it is gathered.
final class ReadAhead: Sendable {
  /// How far ahead.
  static let batches = 4

  private let source: any ExampleSource
  private let queue = DispatchQueue(label: "chainrule.read-ahead", qos: .utility)
  private let waiting = Atomic<Int>(0)

  /// - Returns: `nil` where the source is small enough to lie in memory.
  init?(_ source: any ExampleSource) {
    guard source.isLarge else { return nil }
    self.source = source
  }

  /// Has examples read, unless the lane is behind.
  ///
  /// - Parameter examples: asked for on the lane.
  func want(_ examples: @escaping @Sendable () -> [Int]) {
    guard waiting.load(ordering: .relaxed) <= Self.batches else { return }
    waiting.add(1, ordering: .relaxed)
    queue.async { [self] in
      source.readAhead(examples())
      waiting.subtract(1, ordering: .relaxed)
    }
  }
}
