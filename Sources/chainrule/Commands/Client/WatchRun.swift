import Client
import Foundation
import JSON
import Synchronization

/// `chainrule watch`: a run's events as they come, to its end.
enum WatchRun: RunCommand {
  static let name = "watch"
  static let summary = "Follows a run to its end; the exit status is 3 unless it succeeds."
  /// Of a run that was watched and didn't succeed.
  private static let failure: Int32 = 3

  static func run(_ arguments: [String]) async throws {
    let (id, flags) = try await subject(arguments)
    try await follow(id, flags)
  }

  /// Prints events until the run is over, and ends the program where it didn't succeed.
  static func follow(_ id: String, _ flags: ClientFlags) async throws {
    let screen = Screen(isJSON: flags.isJSON)
    let interruption = Terminal.onInterrupt(
      tell: "\(id) trains on; chainrule watch \(id) looks again, chainrule cancel \(id) ends it")
    defer { interruption.cancel() }
    try await RunFollower(flags.client, run: id).follow { line, event in screen.show(line, event) }
    let run = try await flags.client.json("GET", "/v1/runs/\(id)")
    if !flags.isJSON { screen.end(run) }
    if run["state"] != "succeeded" { exit(failure) }
  }

  /// Lines for what matters, and one that changes for the steps between, where somebody looks.
  private final class Screen: Sendable {
    private let isJSON: Bool
    private let isLive = Terminal.isWatched
    private let hasBar = Mutex(false)

    init(isJSON: Bool) { self.isJSON = isJSON }

    func show(_ line: String, _ event: JSON) {
      if isJSON { return Terminal.write(line + "\n") }
      if event["type"] == "step" {
        guard isLive, let step = event["data"] else { return }
        hasBar.withLock { $0 = true }
        Terminal.write("\r\u{1B}[K\(ProgressBar.line(step, width: Terminal.width))")
      } else if let text = RunLine.line(event) {
        clear()
        Terminal.write(text + "\n")
      }
    }

    func end(_ run: JSON) {
      clear()
      if let error = run["error"], error != .null {
        Terminal.write(
          "\(error["title"]?.string ?? "it failed"): \(error["detail"]?.string ?? "")\n")
      }
      Terminal.write(RunLine.table([run]))
    }

    private func clear() {
      let isThere = hasBar.withLock { bar in
        defer { bar = false }
        return bar
      }
      if isThere { Terminal.write("\r\u{1B}[K") }
    }
  }
}
