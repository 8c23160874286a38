import API
import Foundation
import Runs

/// The program: one sub-command, its flags, and an exit status.
///
/// 0 when it did what it was asked, 1 for a fault, 2 for a command line that can't be followed.
@main
struct Program {
  static func main() async {
    // A peer that closed its end is an error of that write, not of the process.
    signal(SIGPIPE, SIG_IGN)
    var arguments = Array(CommandLine.arguments.dropFirst())
    let name = arguments.isEmpty ? "help" : arguments.removeFirst()
    do {
      try await run(name, arguments)
    } catch let error as UsageError {
      complain(error.description)
      exit(2)
    } catch {
      complain("\(error)")
      exit(1)
    }
  }

  private static func run(_ name: String, _ arguments: [String]) async throws {
    switch name {
    // For the server alone: what it starts to train a run apart.
    case "worker": RunWorker.main()
    case "version", "--version":
      print("chainrule \(ServiceVersion.program)")
    case "help", "--help", "-h":
      print(help, terminator: "")
    default:
      guard let command = commands.first(where: { $0.name == name }) else {
        throw UsageError("\(name): unknown sub-command; see chainrule help")
      }
      if arguments.contains("--help") || arguments.contains("-h") {
        print("usage: \(command.flags.usage)\n\n\(command.summary)\n\n\(command.flags.help)")
      } else {
        try await command.run(arguments)
      }
    }
  }

  static var commands: [any Command.Type] {
    [
      Serve.self, StartRun.self, WatchRun.self, ListRuns.self, ShowRun.self, ShowMetrics.self,
      ShowGradients.self, ShowDiagnosis.self, DownloadWeights.self, CancelRun.self, StopRun.self,
      PauseRun.self, ResumeRun.self, DeleteRun.self, ExportRun.self, ImportRun.self,
      UploadData.self, ListDatasets.self, MakeSplit.self, ListSplits.self, StartSweep.self,
      ListSweeps.self, CompareSweep.self,
      ListKeys.self, MakeKey.self, Migrate.self,
      MakeBackup.self, RestoreBackup.self, Examine.self, WriteOpenAPI.self, WriteDocs.self,
      ManPage.self, Completion.self, Bench.self, BenchStore.self,
    ]
  }

  private static var help: String {
    let lines = commands.map {
      "  \($0.name.padding(toLength: 13, withPad: " ", startingAt: 0))\($0.summary)"
    }
    return """
      chainrule trains neural networks behind an HTTP API.

      usage: chainrule SUB-COMMAND [FLAGS]

      \(lines.joined(separator: "\n"))
        version      Prints the version.

      chainrule SUB-COMMAND --help lists its flags.

      """
  }

  private static func complain(_ text: String) {
    for line in text.split(separator: "\n") {
      FileHandle.standardError.write(Data("chainrule: \(line)\n".utf8))
    }
  }
}

/// A sub-command.
protocol Command {
  static var name: String { get }
  static var summary: String { get }
  static var flags: FlagSet { get }
  /// - Throws: `UsageError` for flags that can't be followed, anything else for a fault.
  static func run(_ arguments: [String]) async throws
}
