import JSON
import Runs

/// The flags of `chainrule serve` that say what is kept for how long.
enum RetentionFlags {
  private static let days = 0...36_500

  static let fields = [runs, failed, datasets, events, thinning, uploads, audit, size]

  private static let runs = Field(
    "keep_runs_days", .integer(days), default: 0,
    "Days after which a run that is over is deleted, unless it has the tag keep; 0 for never.")
  private static let failed = Field(
    "keep_failed_days", .integer(days), default: 0,
    "The same for runs that failed or were cancelled, where that is sooner; 0 for no difference.")
  private static let datasets = Field(
    "keep_datasets_days", .integer(days), default: 0,
    "Days after which a dataset that no run uses any more is deleted; 0 for never.")
  private static let events = Field(
    "keep_events_days", .integer(days), default: 0,
    "Days after which a run that is over keeps of its events its states and its end; 0 for never.")
  private static let thinning = Field(
    "thin_after_days", .integer(days), default: 0,
    "Days after which a run that is over keeps of its history the extremes of every 32 steps; 0 for never."
  )
  private static let uploads = Field(
    "keep_uploads_days", .integer(days), default: 1,
    "Days after which an upload that comes piece by piece, and to which nothing came, is deleted; 0 for never."
  )
  private static let audit = Field(
    "keep_audit_days", .integer(days), default: 365,
    "Days after which the audit log forgets what was changed; 0 for never.")
  private static let size = Field(
    "max_store_bytes", .described("bytes"),
    "What the database may hold: beyond it the oldest histories are thinned, then the oldest runs deleted."
  )

  static func read(_ reader: inout ObjectReader) -> RetentionRules {
    var rules = RetentionRules()
    rules.keepRunsDays = reader.integer(runs)
    rules.keepFailedDays = reader.integer(failed)
    rules.keepDatasetsDays = reader.integer(datasets)
    rules.keepEventsDays = reader.integer(events)
    rules.thinAfterDays = reader.integer(thinning)
    rules.keepUploadsDays = reader.integer(uploads)
    rules.keepAuditDays = reader.integer(audit)
    if reader.object[size.name] != nil { rules.maxStoreBytes = ByteCount.read(size, &reader) }
    return rules
  }
}
