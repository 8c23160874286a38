import Synchronization

/// What was put away since the server began.
public final class HousekeepingFigures: Sendable {
  private let removedForAge = Atomic<Int>(0)
  private let removedForFailing = Atomic<Int>(0)
  private let removedForSize = Atomic<Int>(0)
  let datasetCount = Atomic<Int>(0)
  let thinnedCount = Atomic<Int>(0)
  let quietedCount = Atomic<Int>(0)
  let sweptCount = Atomic<Int>(0)
  let returnedBytes = Atomic<Int>(0)

  /// Runs that rules removed.
  public func removed(for reason: RetentionRules.Reason) -> Int {
    switch reason {
    case .age: removedForAge.load(ordering: .relaxed)
    case .failed: removedForFailing.load(ordering: .relaxed)
    case .size: removedForSize.load(ordering: .relaxed)
    }
  }

  func countRemoved(for reason: RetentionRules.Reason) {
    switch reason {
    case .age: removedForAge.add(1, ordering: .relaxed)
    case .failed: removedForFailing.add(1, ordering: .relaxed)
    case .size: removedForSize.add(1, ordering: .relaxed)
    }
  }

  /// Datasets that rules removed.
  public var datasets: Int { datasetCount.load(ordering: .relaxed) }
  /// Runs whose histories were thinned.
  public var thinned: Int { thinnedCount.load(ordering: .relaxed) }
  /// Runs whose events were dropped.
  public var quieted: Int { quietedCount.load(ordering: .relaxed) }
  /// Deleted runs, by a rule or by a request, whose last row is gone.
  public var swept: Int { sweptCount.load(ordering: .relaxed) }
  /// Bytes given back to the disk.
  public var bytesReturned: Int { returnedBytes.load(ordering: .relaxed) }
}
