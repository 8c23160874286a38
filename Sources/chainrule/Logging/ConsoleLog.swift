import Foundation
import JSON

/// Writes what the server has to say to standard error, a line each.
struct ConsoleLog: Sendable {
  /// A JSON object a line rather than a line for people.
  let isJSON: Bool

  func write(_ message: String) {
    let time =
      Date().formatted(
        .iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
    var line: String
    if isJSON {
      line = "\(JSON.object(JSONObject([("time", .string(time)), ("message", .string(message))])))"
    } else {
      // What a client sent may hold anything; a line must stay one line.
      let text = message.unicodeScalars.map {
        $0.value < 0x20 || $0.value == 0x7F ? " " : String($0)
      }
      line = "\(time) \(text.joined())"
    }
    line += "\n"
    FileHandle.standardError.write(Data(line.utf8))
  }
}
