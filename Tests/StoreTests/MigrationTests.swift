import Foundation
import Migrations
import SQLite
import Testing

@testable import Store

/// Stores of every earlier version open with this one, and are copied before they change.
@Suite struct MigrationTests {
  private func names(_ place: Place) -> [String] {
    Disk.names(in: place.url).filter { $0.contains(".before-") }
  }

  /// A database as a version made it that had the first migrations only, with rows in it.
  private func old(_ count: Int, _ place: Place, rows: Bool = true) throws {
    try FileManager.default.createDirectory(at: place.url, withIntermediateDirectories: true)
    let connection = try place.connection()
    try Store.configureWriter(connection)
    try Migrator.migrate(connection, to: Array(Migrations.all.prefix(count)))
    guard rows else { return }
    let run = RunID.make()
    try connection.execute(
      script: """
        INSERT INTO dataset (id, name, format, content, description, size_bytes, sha256, created_at)
          VALUES ('ds_1', 'd', 'csv', 'c', '{}', 1, '00', 5);
        INSERT INTO model (id, name, spec, created_at) VALUES ('mdl_1', 'm', '{}', 6);
        INSERT INTO run (number, id, state, request, data, created_at)
          VALUES (1, '\(run)', 'paused', '{"old": true}', '{}', 7);
        INSERT INTO run_dataset VALUES (1, 'train', 'ds_1');
        INSERT INTO step (run, step, seconds, loss) VALUES (1, 1, 0.5, 0.25), (1, 2, 1.0, 0.125);
        INSERT INTO event (run, kind, data) VALUES (1, 'state', '{}');
        """)
  }

  @Test("every earlier schema is copied, migrated and read", arguments: 1..<Migrations.all.count)
  func fromEverySchema(count: Int) async throws {
    let place = Place()
    try old(count, place)
    do {
      let store = try Store(directory: place.url)
      let run = try #require(try await store.runs.list(limit: 9).first)
      #expect(run.state == .paused && run.request == "{\"old\": true}")
      #expect(try await store.datasets.list(limit: 9).map(\.name) == ["d"])
      let points = try await store.history.points(
        run.id, series: "train_loss", after: 0, through: 9, limit: 9)
      #expect(points.map(\.value) == [0.25, 0.125])
    }
    let version = "\(10_000 + Migrations.all[count].version)".dropFirst()
    let name = "chainrule.sqlite.before-\(version)"
    #expect(names(place) == [name])
    let copy = try SQLiteConnection(
      path: place.url.appending(path: name).path, mode: .readOnly)
    let versions = try copy.query("SELECT version FROM migration") { row in row.integer(0) }
    #expect(versions == Migrations.all.prefix(count).map(\.version))
    #expect(try copy.first("SELECT count(*) FROM step") { row in row.integer(0) } == 2)
    #expect(try copy.first("PRAGMA integrity_check") { row in row.text(0) } == "ok")
    // Nothing is missing now, so nothing is copied again.
    _ = try Store(directory: place.url)
    #expect(names(place) == [name])
  }

  @Test("a new store and one without rows are not copied")
  func empty() throws {
    let place = Place()
    _ = try Store(directory: place.url)
    #expect(names(place) == [])
    let other = Place()
    try old(2, other, rows: false)
    _ = try Store(directory: other.url)
    #expect(names(other) == [])
  }

  @Test("the newest two copies stay, and one that was begun makes way")
  func kept() throws {
    let place = Place()
    try old(4, place)
    for number in ["0002", "0003", "0005.partial", "0004"] {
      try Data("old".utf8).write(
        to: place.url.appending(path: "chainrule.sqlite.before-\(number)"))
    }
    _ = try Store(directory: place.url)
    #expect(names(place) == ["chainrule.sqlite.before-0004", "chainrule.sqlite.before-0005"])
  }

  @Test("where the copy can't be made, nothing is migrated")
  func copyFails() throws {
    let place = Place()
    try old(3, place)
    // A folder in the copy's place, which no file can replace.
    try FileManager.default.createDirectory(
      at: place.url.appending(path: "chainrule.sqlite.before-0004/x"),
      withIntermediateDirectories: true)
    do {
      _ = try Store(directory: place.url)
      Issue.record("opened without a copy")
    } catch {
      #expect(error.message.contains("before migration 0004_findings"), "\(error)")
    }
    let count = try place.connection().first("SELECT count(*) FROM migration") { $0.integer(0) }
    #expect(count == 3)
  }
}
