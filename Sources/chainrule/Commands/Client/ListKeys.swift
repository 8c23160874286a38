import JSON
import TerminalText

/// `chainrule keys`: the keys of a server, for whoever may make them.
enum ListKeys: Command {
  static let name = "keys"
  static let summary = "Lists a server's API keys; POST /v1/keys makes one, make-key too."
  static let flags = FlagSet(
    command: name, fields: ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  static func run(_ arguments: [String]) async throws {
    let flags = try flags.read(arguments) { ClientFlags(&$0) }
    let page = try await flags.client.json("GET", "/v1/keys?limit=200")
    if flags.isJSON { return Terminal.write(page) }
    var table = Table(["KEY", "NAME", "PROJECT", "SCOPES", "LAST USED", "REVOKED"])
    for key in page["data"]?.array ?? [] {
      func time(_ name: String) -> String { String((key[name]?.string ?? "").prefix(19)) }
      table.add([
        key["id"]?.string ?? "", key["name"]?.string ?? "", key["project"]?.string ?? "",
        (key["scopes"]?.array ?? []).compactMap(\.string).joined(separator: " "),
        time("last_used_at"), time("revoked_at"),
      ])
    }
    Terminal.write(table)
  }
}
