/// The SQL files of this folder, embedded in the binary, in the order in which they are applied.
///
/// An applied migration is never edited: its digest is recorded, and a store that was made with other
/// text refuses to open.
public enum Migrations {
  public struct Migration: Sendable {
    public let version: Int
    public let name: String
    public let sql: [UInt8]
  }

  public static let all: [Migration] = [
    Migration(version: 1, name: "0001_initial", sql: PackageResources._001_initial_sql),
    Migration(version: 2, name: "0002_step_series", sql: PackageResources._002_step_series_sql),
    Migration(version: 3, name: "0003_blocks", sql: PackageResources._003_blocks_sql),
    Migration(version: 4, name: "0004_findings", sql: PackageResources._004_findings_sql),
    Migration(version: 5, name: "0005_autopsy", sql: PackageResources._005_autopsy_sql),
    Migration(version: 6, name: "0006_queue", sql: PackageResources._006_queue_sql),
    Migration(version: 7, name: "0007_wish", sql: PackageResources._007_wish_sql),
    Migration(
      version: 8, name: "0008_housekeeping", sql: PackageResources._008_housekeeping_sql),
    Migration(version: 9, name: "0009_evaluations", sql: PackageResources._009_evaluations_sql),
    Migration(version: 10, name: "0010_transfer", sql: PackageResources._010_transfer_sql),
    Migration(version: 11, name: "0011_access", sql: PackageResources._011_access_sql),
    Migration(version: 12, name: "0012_webhooks", sql: PackageResources._012_webhooks_sql),
    Migration(version: 13, name: "0013_uploads", sql: PackageResources._013_uploads_sql),
    Migration(version: 14, name: "0014_sweeps", sql: PackageResources._014_sweeps_sql),
    Migration(version: 15, name: "0015_splits", sql: PackageResources._015_splits_sql),
    Migration(
      version: 16, name: "0016_concatenation", sql: PackageResources._016_concatenation_sql),
  ]
}
