import JSON
import TerminalText

/// A sub-command that has something done to a run, or to a sweep, and shows it.
protocol RunVerb: RunCommand {
  static var method: String { get }
  /// What follows the run's address.
  static var suffix: String { get }
}

extension RunVerb {
  static var method: String { "POST" }
  static var suffix: String { ":\(name)" }
  static func run(_ arguments: [String]) async throws {
    let (word, flags) = try words(arguments)
    let address = try await flags.address(word)
    let answer = try await flags.client.json(method, address + suffix)
    if flags.isJSON { return Terminal.write(answer) }
    guard answer != .null else {
      return Terminal.write("\(address.split(separator: "/").last ?? "") is gone\n")
    }
    Terminal.write(
      answer["run_counts"] == nil ? RunLine.table([answer]) : SweepLine.table([answer]))
  }
}

enum ShowRun: RunVerb {
  static let name = "show"
  static let summary = "Shows one run; with --json everything that is known of it."
  static let method = "GET"
  static let suffix = ""
}

enum CancelRun: RunVerb {
  static let name = "cancel"
  static let summary = "Ends a run as cancelled."
}

enum StopRun: RunVerb {
  static let name = "stop"
  static let summary = "Ends a run now and keeps it, with its weights, as succeeded."
}

enum PauseRun: RunVerb {
  static let name = "pause"
  static let summary = "Lets a run wait after its present step."
}

enum ResumeRun: RunVerb {
  static let name = "resume"
  static let summary = "Queues a paused run to go on where it was."
}

enum DeleteRun: RunVerb {
  static let name = "delete"
  static let summary = "Deletes a run that is over, with all it recorded."
  static let method = "DELETE"
  static let suffix = ""
}
