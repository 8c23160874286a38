import JSON

/// `chainrule completion`: what a shell needs to complete sub-commands and flags.
enum Completion: Command {
  static let name = "completion"
  static let summary = "Prints a script that has bash, zsh or fish complete chainrule's words."
  static let flags = FlagSet(command: name, arguments: [shell], fields: [])

  private static let shell = Field(
    "shell", .choice(["bash", "zsh", "fish"]), isRequired: true, "bash, zsh or fish.")

  static func run(_ arguments: [String]) async throws {
    let shell = try flags.read(arguments) {
      $0.string(Self.shell.name, in: ["bash", "zsh", "fish"])
    }
    switch shell {
    case "fish": print(fish, terminator: "")
    case "zsh": print("autoload -U +X bashcompinit && bashcompinit\n" + bash, terminator: "")
    default: print(bash, terminator: "")
    }
  }

  /// A case for each sub-command, with its flags; files where none is begun.
  static var bash: String {
    var names: [String] = ["version", "help"]
    var cases = ""
    for command in Program.commands {
      names.append(command.name)
      cases += "    \(command.name)) words=\"\(words(command))\" ;;\n"
    }
    let first = names.joined(separator: " ")
    return """
      _chainrule() {
        local word=${COMP_WORDS[COMP_CWORD]} words=
        if ((COMP_CWORD == 1)); then
          COMPREPLY=($(compgen -W "\(first)" -- "$word"))
          return
        fi
        case ${COMP_WORDS[1]} in
      \(cases)  esac
        if [[ $word == -* ]]; then
          COMPREPLY=($(compgen -W "$words" -- "$word"))
        else
          COMPREPLY=($(compgen -f -- "$word"))
        fi
      }
      complete -o filenames -F _chainrule chainrule

      """
  }

  private static func words(_ command: any Command.Type) -> String {
    command.flags.entries.compactMap { $0.head.split(separator: " ").first.map(String.init) }
      .joined(separator: " ")
  }

  private static var fish: String {
    var lines = Program.commands.map { command in
      "complete -c chainrule -n __fish_use_subcommand -f -a \(command.name) -d '\(quoted(command.summary))'"
    }
    for command in Program.commands {
      for (head, summary) in command.flags.entries {
        let parts = head.split(separator: " ", maxSplits: 1)
        let value = parts.count == 2 ? " -r" : ""
        lines.append(
          "complete -c chainrule -n '__fish_seen_subcommand_from \(command.name)' -l \(parts[0].dropFirst(2))\(value) -d '\(quoted(summary))'"
        )
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func quoted(_ text: String) -> String { text.replacing("'", with: "\\'") }
}
