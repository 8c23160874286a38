/// What a key allows.
public enum AccessScope: String, Sendable, CaseIterable, Comparable {
  /// To look at everything of the project, and to predict with its runs.
  case read
  /// To keep and delete datasets, models and files of weights.
  case write
  /// To queue runs, to change and end them.
  case train
  /// All of that, and what concerns the server: keys, the audit log, backups.
  case admin

  public static func < (one: AccessScope, other: AccessScope) -> Bool {
    allCases.firstIndex(of: one) ?? 0 < allCases.firstIndex(of: other) ?? 0
  }
}

extension Set<AccessScope> {
  /// Whether they allow what needs a scope.
  public func allow(_ scope: AccessScope) -> Bool { contains(scope) || contains(.admin) }
}
