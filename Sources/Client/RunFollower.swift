import Foundation
import JSON
import Synchronization

/// Follows a run's events to its end, also over restarts of the server.
public struct RunFollower: Sendable {
  private let client: APIClient
  private let run: String

  public init(_ client: APIClient, run: String) {
    self.client = client
    self.run = run
  }

  /// Hands on each event once, as its line of JSON and read.
  ///
  /// - Throws: `APIFailure` when the run isn't there, or the server stays away.
  public func follow(_ body: @escaping @Sendable (String, JSON) throws -> Void) async throws {
    let last = Mutex(0)
    let hasEnded = Mutex(false)
    var patience = Patience()
    while true {
      do {
        let after = last.withLock { $0 }
        let status = try await client.lines("/v1/runs/\(run)/events?after=\(after)") { line in
          guard let event = try? JSON(parsing: Array(line.utf8)), let id = event["id"]?.integer
          else { return }
          last.withLock { $0 = id }
          if event["type"] == "end" { hasEnded.withLock { $0 = true } }
          try body(line, event)
        }
        // The run is over and all of it was told.
        if status == 204 || hasEnded.withLock({ $0 }) { return }
        patience.end()
        try await Patience.pause()
      } catch let failure as APIFailure {
        try await patience.wait(after: failure)
      }
    }
  }
}
