import Client
import Foundation
import JSON
import Synchronization
import TerminalText

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

  /// Lines for what matters, and under them, where somebody looks, a panel that changes with the steps.
  private final class Screen: Sendable {
    private struct Panel {
      var content = RunPanel()
      /// Lines that are drawn.
      var height = 0
    }
    private let isJSON: Bool
    private let isLive = Terminal.isWatched
    private let panel = Mutex(Panel())

    init(isJSON: Bool) { self.isJSON = isJSON }

    func show(_ line: String, _ event: JSON) {
      if isJSON { return Terminal.write(line + "\n") }
      if event["type"] == "step" {
        guard isLive, let step = event["data"] else { return }
        panel.withLock { $0.content.take(step) }
        draw()
      } else if let text = RunLine.line(event) {
        clear()
        Terminal.write(text.printable + "\n")
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

    /// Draws the panel over what was there, at the size that the terminal has now.
    private func draw() {
      panel.withLock { panel in
        let (width, height) = (Terminal.width, Terminal.height)
        let lines = panel.content.lines(
          width: width, height: max(1, height - 2), isColoured: Terminal.isColoured)
        Terminal.write(
          Self.erased(panel.height) + lines.map { $0 + "\u{1B}[K\n" }.joined())
        panel.height = lines.count
      }
    }

    private func clear() {
      panel.withLock { panel in
        if panel.height > 0 { Terminal.write(Self.erased(panel.height)) }
        panel.height = 0
      }
    }

    /// Goes back over some lines and clears what is there and below.
    private static func erased(_ height: Int) -> String {
      height > 0 ? "\u{1B}[\(height)A\r\u{1B}[J" : ""
    }
  }
}
