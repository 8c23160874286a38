import Store

/// How long runs, what they recorded, and datasets are kept; and how large the store may become.
///
/// Only runs that are over are touched. One whose tag `keep` says anything but `false` is never removed, nor thinned for the
/// store's size. Days count from a run's end; 0 is for ever.
public struct RetentionRules: Hashable, Sendable {
  public var keepRunsDays = 0
  /// For runs that failed or were cancelled, where it is less.
  public var keepFailedDays = 0
  /// For all events of a run but its states and its end.
  public var keepEventsDays = 0
  /// For datasets that no run uses, since the last run that did was removed.
  public var keepDatasetsDays = 0
  /// For the finest level of histories.
  public var thinAfterDays = 0
  /// For uploads that come piece by piece, since something last came.
  public var keepUploadsDays = 1
  /// For the audit log.
  public var keepAuditDays = 0
  /// What the database may hold, free pages not counted.
  public var maxStoreBytes: Int?

  public init() {}

  /// Why a run is removed.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    case age
    case failed
    case size
  }

  /// What makes the store smaller.
  public enum Shrinking: Hashable, Sendable {
    case thin(RunID)
    case remove(RunID)
  }

  /// The time before which what is kept for some days is too old; `nil` when that is kept for ever.
  ///
  /// - Parameter now: milliseconds since 1970, as is the answer.
  static func limit(_ days: Int, at now: Int) -> Int? {
    days > 0 ? now - days * 86_400_000 : nil
  }

  /// A run that ended after this time isn't removed for its age; `nil` when none is.
  func ageLimit(at now: Int) -> Int? {
    [keepRunsDays, keepFailedDays].compactMap { Self.limit($0, at: now) }.max()
  }

  /// Why a run is to be removed for its age now; `nil` when it stays.
  func reason(toRemove run: EndedRun, at now: Int) -> Reason? {
    guard !run.isKept else { return nil }
    if let limit = Self.limit(keepRunsDays, at: now), run.finishedAt < limit { return .age }
    if let limit = Self.limit(keepFailedDays, at: now), run.finishedAt < limit,
      run.state != .succeeded
    {
      return .failed
    }
    return nil
  }

  /// What is done, one after the other, until the store is small enough: the oldest histories are thinned first, and once
  /// all are, the oldest runs go.
  static func shrinkings(of runs: [EndedRun]) -> [Shrinking] {
    let loose = runs.filter { !$0.isKept }.sorted {
      ($0.finishedAt, $0.number) < ($1.finishedAt, $1.number)
    }
    return loose.filter(\.isThinnable).map { .thin($0.id) } + loose.map { .remove($0.id) }
  }

  /// Whether the store holds more than it may.
  func isExceeded(by space: StoreSpace) -> Bool {
    maxStoreBytes.map { space.usedBytes > $0 } ?? false
  }
}
