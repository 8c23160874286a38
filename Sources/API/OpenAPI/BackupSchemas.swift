import JSON

/// The schemas of backups.
enum BackupSchemas {
  static var all: [(name: String, schema: Schema)] {
    [("Backup", backup), ("BackupPage", Components.page(of: "Backup"))]
  }

  private static let count = Schema.integer(0...Int.max)

  private static let backup = Schema.object([
    .always("id", .identifier("bak")),
    .always("path", .string, "From the data folder."),
    .always(
      "bytes", count, "Of the database and all files; those of datasets may share room on the disk."
    ),
    .always("datasets", count), .always("runs", count), .always("created_at", .time),
  ])
}
