import JSON
import TerminalText

/// `chainrule runs`: the newest runs, one a line.
enum ListRuns: Command {
  static let name = "runs"
  static let summary = "Lists the newest runs."
  static let flags = FlagSet(
    command: name, fields: [state, ClientFlags.limit] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let state = Field(
    "state", .choice(["queued", "running", "paused", "succeeded", "failed", "cancelled"]),
    "Only runs in this state.")

  static func run(_ arguments: [String]) async throws {
    let (state, limit, flags) = try flags.read(arguments) { reader in
      (reader.string(Self.state.name), reader.integer(ClientFlags.limit), ClientFlags(&reader))
    }
    let filter = state.map { "&state=\($0)" } ?? ""
    let page = try await flags.client.json("GET", "/v1/runs?limit=\(limit)\(filter)")
    if flags.isJSON { return Terminal.write(page) }
    Terminal.write(RunLine.table(page["data"]?.array ?? []))
  }
}
