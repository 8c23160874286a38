import SQLite

/// On whose behalf the present task works: what it makes belongs to the caller, and it sees nothing of other projects.
///
/// Repositories look here by themselves, so that no endpoint can forget to. Where there is no caller (lanes, housekeeping,
/// the command line) everything is seen, and what is made belongs to the project `default`.
public struct Caller: Hashable, Sendable {
  @TaskLocal public static var current: Caller?

  /// To which everything belongs where no key is asked for.
  public static let standardProject = "default"

  public let project: String
  /// `nil` where no key is asked for.
  public let key: KeyID?
  /// What the key may have in the store, looked at in the transaction that adds to it.
  public let limits: Limits

  public init(
    project: String = Self.standardProject, key: KeyID? = nil, limits: Limits = Limits()
  ) {
    self.project = project
    self.key = key
    self.limits = limits
  }

  /// Of a key; `nil` for no limit.
  public struct Limits: Hashable, Sendable {
    public var queuedRuns: Int?
    /// Of datasets and files of weights.
    public var storedBytes: Int?

    public init(queuedRuns: Int? = nil, storedBytes: Int? = nil) {
      self.queuedRuns = queuedRuns
      self.storedBytes = storedBytes
    }
  }

  /// Whose what is made now is.
  static var owner: Owner {
    Owner(
      project: current?.project ?? standardProject, key: current?.key,
      limits: current?.limits ?? Limits())
  }

  /// Which rows the present task sees.
  static var scope: Scope { Scope(project: current?.project) }

  /// The project and the key that a row belongs to.
  struct Owner: Sendable {
    let project: String
    let key: KeyID?
    let limits: Limits

    /// For the columns `project, key`.
    var values: [SQLiteValue] { [.text(project), .optional(key?.rawValue)] }
  }

  /// A restriction of queries to a project; to none with `nil`.
  struct Scope: Sendable {
    let project: String?

    /// More of a condition, after others.
    var condition: String { project == nil ? "" : " AND project = ?" }
    /// What it binds.
    var values: [SQLiteValue] { project.map { [.text($0)] } ?? [] }
  }
}
