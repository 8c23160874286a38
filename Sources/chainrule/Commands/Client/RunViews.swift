import Client
import JSON

/// A sub-command that prints what a run shows of itself, drawn for a terminal.
protocol RunView: Command {
  /// What follows the run's address.
  static var path: String { get }
}

extension RunView {
  static var flags: FlagSet {
    FlagSet(
      command: name, arguments: [RunArgument.field], fields: ClientFlags.fields,
      inEnvironment: ClientFlags.fields)
  }

  static func run(_ arguments: [String]) async throws {
    let (word, flags) = try flags.read(arguments) { (RunArgument.read(&$0), ClientFlags(&$0)) }
    let id = try await flags.run(word)
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
