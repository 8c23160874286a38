import Foundation
import HTTP
import JSON
import Runs
import Store

/// Waiting for a run to come to a condition, in one request.
enum RunWaiting {
  static let until = Field(
    "until", .described("a condition"),
    "Waits for this as long as `Prefer: wait=SECONDS` says: \(WaitCondition.grammar).")
  static let prefer = HeaderField(
    name: "Prefer", schema: .string,
    summary: "`wait=SECONDS` (RFC 7240), 600 at most: how long to wait for `until`.")

  static let longest = 600
  /// Requests that wait at once.
  static let mostWaiters = 256
  /// Seconds after which a condition is looked at even when nothing was told.
  private static let interval = 1.0

  /// The run, with what became of the condition.
  static func answer(_ run: RunRecord, _ service: Service, _ call: Call) async throws -> Response {
    guard let text = call.query[until] else {
      return call.tagged(try await service.runs.json(run).encoded(), mediaType: MediaType.json)
    }
    let condition: WaitCondition
    do { condition = try WaitCondition(text) } catch { throw Problem(query: error) }
    try await check(condition, run, service)
    let seconds = try waitSeconds(call)
    guard service.waiters.begin(limit: mostWaiters) else {
      throw Problem(
        .queueFull, "\(mostWaiters) requests wait for conditions, as many as may; try again later")
    }
    defer { service.waiters.end() }
    let deadline = ContinuousClock.now + .seconds(seconds)
    var current = run
    while true {
      let cursor = service.runs.newestEvent
      guard let found = try await service.store.runs.get(run.id) else {
        throw Call.notFound("run", "\(run.id)")
      }
      current = found
      let (isMet, value) = try await holds(condition, current, service)
      let left = deadline - ContinuousClock.now
      if isMet || current.state.isOver || left <= .zero || !service.runs.isReady {
        return try await response(current, condition, isMet, value, seconds, service)
      }
      await service.runs.news(
        of: run.id, after: cursor, within: min(left, .seconds(interval)))
    }
  }

  private static func response(
    _ run: RunRecord, _ condition: WaitCondition, _ isMet: Bool, _ value: Double?, _ seconds: Int,
    _ service: Service
  ) async throws -> Response {
    guard case .object(var object) = try await service.runs.json(run) else { return .noContent }
    object["until"] = [
      "condition": .string(condition.text), "met": .bool(isMet),
      "value": value.map(JSON.number) ?? .null,
    ]
    let response = Response.json(.object(object), cache: .never)
    return seconds > 0
      ? response.with(header: "Preference-Applied", "wait=\(seconds)") : response
  }

  private static func waitSeconds(_ call: Call) throws(Problem) -> Int {
    for preference in (call.header("Prefer") ?? "").split(separator: ",") {
      let pair = preference.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, pair[0].trimmingSpaces().lowercased() == "wait" else { continue }
      guard let seconds = Int(pair[1].trimmingSpaces()), seconds >= 0 else {
        throw Problem(.badRequest, "Prefer: wait takes whole seconds, from 0 to \(longest)")
      }
      return min(seconds, longest)
    }
    return 0
  }

  /// Parameters have to be there; series may yet come.
  private static func check(
    _ condition: WaitCondition, _ run: RunRecord, _ service: Service
  ) async throws {
    let parameters = try await service.store.history.parameters(run.id).map(\.name)
    for case .norm(let name, _, _) in condition.terms
    where !parameters.isEmpty && !parameters.contains(name) {
      throw Problem(
        query: Faults([
          Fault(
            pointer: "/until",
            detail:
              "\"\(name.prefix(80))\" is no parameter\(nearest(name, among: parameters)); there are: "
              + parameters.prefix(60).joined(separator: ", "))
        ]))
    }
  }

  /// Whether all terms hold, and the value that the first one which has one compares.
  private static func holds(
    _ condition: WaitCondition, _ run: RunRecord, _ service: Service
  ) async throws -> (Bool, Double?) {
    let metrics = try JSON(parsing: run.metrics)
    var isMet = true
    var shown: Double?
    for term in condition.terms {
      switch term {
      case .over: isMet = isMet && run.state.isOver
      case .state(let state): isMet = isMet && run.state.rawValue == state
      case .series(let name, let comparison, let bound):
        let value = name == "step" ? Double(run.progress.step) : metrics[name]?.double
        shown = shown ?? value
        isMet = isMet && value.map { comparison.holds($0, bound) } ?? false
      case .norm(let name, let comparison, let bound):
        let value = try await norm(of: name, run, service)
        shown = shown ?? value
        isMet = isMet && value.map { comparison.holds($0, bound) } ?? false
      }
    }
    return (isMet, shown)
  }

  private static func norm(
    of parameter: String, _ run: RunRecord, _ service: Service
  ) async throws -> Double? {
    let history = service.store.history
    guard
      let position = try await history.parameters(run.id).firstIndex(where: { $0.name == parameter }
      )
    else { return nil }
    let newest = try await history.gradients(
      run.id, isClipped: false, positions: [position], after: max(0, run.progress.step - 1),
      through: run.progress.step, limit: 1)
    return newest.last?.entries.first.flatMap { $0 }.map { Double($0.norm) }
  }
}

/// How many requests wait.
final class Waiters: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  /// Whether one more may wait.
  func begin(limit: Int) -> Bool {
    lock.withLock {
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func end() { lock.withLock { count -= 1 } }
}
