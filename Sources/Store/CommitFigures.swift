import Dispatch
import Synchronization

/// Transactions written since the store was opened, and the time they took.
final class CommitFigures: Sendable {
  let count = Atomic<Int>(0)
  private let nanoseconds = Atomic<Int>(0)

  var seconds: Double { Double(nanoseconds.load(ordering: .relaxed)) * 1e-9 }

  /// Carries out a transaction, and counts it when it succeeds.
  func counting<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = DispatchTime.now().uptimeNanoseconds
    let result = try body()
    count.add(1, ordering: .relaxed)
    nanoseconds.add(Int(DispatchTime.now().uptimeNanoseconds - start), ordering: .relaxed)
    return result
  }
}
