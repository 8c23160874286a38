import API
import JSON

/// `chainrule man`: the manual page, made from the sub-commands and their flags.
enum ManPage: Command {
  static let name = "man"
  static let summary = "Prints the manual page: chainrule man | man -l -"
  static let flags = FlagSet(command: name, fields: [])

  static func run(_ arguments: [String]) async throws {
    try flags.read(arguments) { _ in }
    print(text, terminator: "")
  }

  static var text: String {
    var lines = [
      ".TH CHAINRULE 1 \"\" \"chainrule \(ServiceVersion.program)\" \"User Commands\"", ".SH NAME",
      "chainrule \\- trains neural networks behind an HTTP API", ".SH SYNOPSIS",
      ".B chainrule", "SUB-COMMAND [ARGUMENTS] [FLAGS]", ".SH DESCRIPTION",
      escaped(
        "One program is both the server and its client: serve trains what is queued over HTTP, the other sub-commands ask such a server, or look after its folder."
      ),
      ".SH SUB-COMMANDS",
    ]
    for command in Program.commands {
      lines += [".SS \(escaped(command.flags.usage))", escaped(command.summary)]
      for argument in command.flags.arguments {
        lines += [".TP", ".I \(argument.name.uppercased())", escaped(argument.summary)]
      }
      for (head, summary) in command.flags.entries {
        lines += [".TP", ".B \(escaped(head))", escaped(summary)]
      }
    }
    lines += [
      ".SH ENVIRONMENT",
      escaped(
        "Each flag is also a variable: --log-format is CHAINRULE_LOG_FORMAT. CHAINRULE_KEY holds the API key that sub-commands send."
      ),
      ".SH EXIT STATUS", ".TP", ".B 0", "It did what it was asked.", ".TP", ".B 1", "It failed.",
      ".TP", ".B 2", "The command line can't be followed.", ".TP", ".B 3",
      "The run that was watched didn't succeed.",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Text that roff takes as it stands.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}
