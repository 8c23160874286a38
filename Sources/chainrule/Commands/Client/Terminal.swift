import Foundation
import JSON
import TerminalText

/// The terminal that the program writes to.
enum Terminal {
  /// Whether somebody looks at what is printed.
  static var isWatched: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether somebody looks at notes.
  static var isNoteWatched: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns; as many as there are for a file.
  static var width: Int { isWatched ? size?.columns ?? 80 : .max }

  /// Rows.
  static var height: Int { size?.rows ?? 24 }

  /// Whether what is printed may be coloured (https://no-color.org).
  static var isColoured: Bool {
    isWatched && ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty != false
  }

  private static var size: (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// What is told beside the answer.
  static func note(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// Tells something and ends the program when Ctrl-C is pressed, until what is returned is cancelled.
  static func onInterrupt(tell text: String) -> any DispatchSourceSignal {
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      note("\n\(text)\n")
      exit(130)
    }
    source.activate()
    return source
  }

  static func write(_ bytes: [UInt8]) { FileHandle.standardOutput.write(Data(bytes)) }

  static func write(_ text: String) { write(Array(text.utf8)) }

  /// A table no wider than the terminal.
  static func write(_ table: Table) { write(table.text(width: width)) }

  /// JSON for people who read it.
  static func write(_ json: JSON) {
    var bytes: [UInt8] = []
    json.write(into: &bytes, pretty: true)
    write(bytes + [0x0A])
  }
}
