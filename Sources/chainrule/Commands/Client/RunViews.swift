import Client
import JSON

/// A sub-command that prints what a run shows of itself, drawn for a terminal.
protocol RunView: RunCommand {
  /// What follows the run's address.
  static var path: String { get }
}

extension RunView {
  static func run(_ arguments: [String]) async throws {
    let (id, flags) = try await subject(arguments)
    let accept = flags.isJSON ? "application/json" : "text/plain"
    var bytes = try await flags.client.get("/v1/runs/\(id)/\(path)", accept: accept)
    if bytes.last != 0x0A { bytes.append(0x0A) }
    Terminal.write(bytes)
  }
}

enum ShowMetrics: RunView {
  static let name = "metrics"
  static let summary = "Draws a run's series of losses and metrics."
  static let path = "metrics"
}

enum ShowGradients: RunView {
  static let name = "gradients"
  static let summary = "Draws the gradient norm of each of a run's parameters."
  static let path = "gradients"
}

enum ShowDiagnosis: RunView {
  static let name = "diagnosis"
  static let summary = "Tells what is wrong with a run's training, and what may help."
  static let path = "diagnosis"
}
