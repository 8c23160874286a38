import JSON
import Store

/// What a run holds while it trains, and what it waits for, as its row keeps it.
struct RunNeeds: Hashable, Sendable {
  var memoryBytes = 0
  var threads = 1
  /// Runs that must have succeeded.
  var after: [RunID] = []
  /// Milliseconds since 1970, after which it neither begins nor goes on.
  var deadline: Int?

  init() {}

  init(_ json: JSON) {
    memoryBytes = json["memory_bytes"]?.integer ?? 0
    threads = json["threads"]?.integer ?? 1
    after = (json["after"]?.array ?? []).compactMap(\.string).compactMap { RunID($0) }
    deadline = json["deadline"]?.integer
  }

  init(of run: RunRecord) { self.init(RunService.parsed(run.waiting.needs)) }

  var json: JSON {
    var object = JSONObject([
      ("memory_bytes", .integer(memoryBytes)), ("threads", .integer(threads)),
    ])
    if !after.isEmpty { object["after"] = .array(after.map { .string($0.rawValue) }) }
    if let deadline { object["deadline"] = .integer(deadline) }
    return .object(object)
  }
}
