import HTTP
import JSON
import Runs
import Store

/// What happens, as it happens.
enum EventEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/events", operationID: "streamRunEvents",
      tag: .observations, summary: "What happens to a run, as it happens",
      description: """
        Every event since the run was queued, or those after `Last-Event-ID` or `after`; then those \
        to come, until `end`. A client that comes back with the last id it saw misses nothing and \
        sees nothing twice, also after a restart of the server. A slow reader misses `step` events \
        only. As `text/plain` it is drawn for a terminal: `curl -N -H 'Accept: text/plain'`.
        """,
      query: [after], headers: [.lastEventID],
      answers: answers + [
        Answer(status: 204, summary: "The run is over and the client has all of it.")
      ], problems: [.badRequest, .notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      return try await stream(of: run, service, call)
    },
    Endpoint(
      method: .get, path: "/v1/events", operationID: "streamEvents", tag: .observations,
      summary: "What happens to all runs, as it happens", query: [after], headers: [.lastEventID],
      answers: answers, problems: [.badRequest, .notAcceptable]
    ) { service, call in
      try await stream(of: nil, service, call)
    },
  ]

  private static let after = Field(
    "after", .integer(0...Int.max), "The newest event the client has; as `Last-Event-ID`.")
  private static let answers = [
    Answer(
      status: 200, summary: "Events, each with its type, an id that grows, and data in JSON.",
      content: [
        (MediaType.events, .reference("EventFrame")), (MediaType.lines, .reference("Event")),
        (MediaType.text, .string),
      ])
  ]

  private static func stream(
    of run: RunRecord?, _ service: Service, _ call: Call
  ) async throws -> Response {
    let type = try call.negotiate([MediaType.events, MediaType.lines, MediaType.text])
    let cursor = try cursor(call)
    if let run, let cursor, try service.runs.hasEnded(run, at: cursor) { return .noContent }
    let events = service.runs.events(of: run?.id, after: cursor)
    return .events(type, events, counted: service.requests)
  }

  /// The newest event that the client has; the header of a reconnect counts more than the address.
  private static func cursor(_ call: Call) throws(Problem) -> Int64? {
    if let header = call.header("Last-Event-ID"), !header.isEmpty {
      guard let id = Int64(header), id >= 0 else {
        throw Problem(.badRequest, "Last-Event-ID must be the id of an event, a number")
      }
      return id
    }
    return try call.query.read { $0.integer(after.name, in: 0...Int.max) }.map(Int64.init)
  }
}
