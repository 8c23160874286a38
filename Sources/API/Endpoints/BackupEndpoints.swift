import Datasets
import Foundation
import HTTP
import JSON
import Runs
import Store

/// Copies of everything the server keeps.
enum BackupEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/backups", operationID: "listBackups", tag: .service,
      summary: "The backups in the data folder, newest first", query: Paging.fields,
      answers: [.json(200, "A page of them.", .reference("BackupPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let rows = try service.store.backups(
        limit: paging.fetch, before: paging.cursor { BackupID($0) })
      return paging.page(rows, call: call, id: { $0.manifest.id.rawValue }, json)
    },
    Endpoint(
      method: .post, path: "/v1/backups", operationID: "createBackup", tag: .service,
      summary: "Copy everything, while runs go on",
      description: """
        The copy holds the database as one moment saw it and the files of its datasets, and is answered once it is \
        verified and on disk. It lies in `backups` below the data folder, and is a data folder itself: \
        `chainrule serve --data` takes it, `chainrule restore` makes another of it. One is made at a time.
        """,
      headers: [.idempotencyKey],
      answers: [.json(201, "The backup.", .reference("Backup"), headers: [Answer.location])],
      problems: [.conflict]
    ) { service, call in
      try await service.idempotently(call, body: []) {
        let backup = try await service.store.backUp { _ = try Dataset.open(directory: $0) }
        return .json(
          json(backup), status: 201,
          headers: [("Location", "/v1/backups/\(backup.manifest.id)")])
      }
    },
    Endpoint(
      method: .get, path: "/v1/backups/{id}", operationID: "getBackup", tag: .service,
      summary: "One backup", answers: [.json(200, "The backup.", .reference("Backup"))]
    ) { service, call in
      .json(json(try backup(service, call)))
    },
    Endpoint(
      method: .delete, path: "/v1/backups/{id}", operationID: "deleteBackup", tag: .service,
      summary: "Remove a backup", answers: [.deleted]
    ) { service, call in
      try await service.store.removeBackup(backup(service, call).manifest.id)
      return .noContent
    },
  ]

  private static func backup(_ service: Service, _ call: Call) throws -> Backup {
    let id = try call.identifier(of: "backup") { BackupID($0) }
    guard let backup = service.store.backup(id) else { throw Call.notFound("backup", "\(id)") }
    return backup
  }

  private static func json(_ backup: Backup) -> JSON {
    let made = backup.manifest
    return [
      "id": .string(made.id.rawValue), "path": .string("backups/\(made.id)"),
      "bytes": .integer(made.bytes), "datasets": .integer(made.datasets),
      "runs": .integer(made.runs), "created_at": .string(Timestamp.text(made.createdAt)),
    ]
  }
}
