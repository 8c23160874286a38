import CProcess
import Foundation
import Store

/// What a process that died of a fault of its own says of it to the next one.
///
/// A death from outside (SIGKILL, power, the system's lack of memory) leaves no note, and is no run's doing.
struct CrashNote: Hashable, Sendable {
  let signal: Int
  /// The run that the thread which died was training; `nil` for a thread of no run.
  let run: RunID?

  /// As the handler wrote it; `nil` when it isn't a note.
  init?(_ text: String) {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let signal = words.first.flatMap({ Int($0) }) else { return nil }
    self.signal = signal
    run = words.count > 1 ? RunID(String(words[1])) : nil
  }

  /// Takes the note that an earlier process left, and has this one leave one there.
  static func take(at file: URL) -> CrashNote? {
    let text = try? String(contentsOf: file, encoding: .utf8)
    try? FileManager.default.removeItem(at: file)
    crash_note_install(file.path)
    return text.flatMap(CrashNote.init)
  }

  /// Says that the calling thread trains a run, while `body` does.
  static func during<Result>(_ run: RunID, _ body: () throws -> Result) rethrows -> Result {
    crash_note_set(run.rawValue)
    defer { crash_note_set("") }
    return try body()
  }

  var death: String { Self.name(of: signal) }

  /// `signal 11 (SIGSEGV)`.
  static func name(of signal: Int) -> String {
    let names = [
      4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
      11: "SIGSEGV",
    ]
    return "signal \(signal)" + (names[signal].map { " (\($0))" } ?? "")
  }
}
