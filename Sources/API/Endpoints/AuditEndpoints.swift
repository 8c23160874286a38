import HTTP
import JSON
import Runs
import Store

/// What was changed, when, and with which key.
enum AuditEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/audit", operationID: "listAudit", tag: .keys,
      summary: "What was changed or refused, newest first", query: Paging.fields + [key],
      answers: [.json(200, "A page of it.", .reference("AuditPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let id = try call.query[key].map { text throws(Problem) in
        guard let id = KeyID(text) else {
          throw Problem(
            query: Faults([Fault(pointer: "/key", detail: "expected a key's id, key_…")]))
        }
        return id
      }
      let records = try await service.store.audit.list(
        limit: paging.fetch, before: paging.cursor { Int64($0) }, key: id)
      return paging.page(records, call: call, id: { "\($0.id)" }, json)
    }
  ]

  private static let key = Field("key", .described("a key's id"), "Only what this key did.")

  private static func json(_ record: AuditRecord) -> JSON {
    [
      "id": .integer(Int(record.id)), "at": .string(Timestamp.text(record.at)),
      "request_id": .string(record.request),
      "key": record.caller.key.map { .string($0.rawValue) } ?? .null,
      "project": .string(record.caller.project),
      "client": record.client.map(JSON.string) ?? .null,
      "operation": .string(record.operation), "path": .string(record.path),
      "status": .integer(record.status), "made": record.made.map(JSON.string) ?? .null,
    ]
  }
}
