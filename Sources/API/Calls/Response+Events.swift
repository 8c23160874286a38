import HTTP
import JSON
import Runs
import TerminalText

extension Response {
  /// Events as they come: as `text/event-stream`, with a sign of life when nothing happens, as lines, or drawn for a terminal.
  static func events(
    _ type: String, _ events: RunEventStream, counted metrics: RequestMetrics
  ) -> Response {
    let headers = [
      ("Content-Type", type), ("Cache-Control", CachePolicy.never.rawValue),
      ("X-Accel-Buffering", "no"),
    ]
    let isStream = type == MediaType.events
    return Response(
      status: 200, headers: headers,
      body: .stream(
        StreamBody(isOpenEnded: true, heartbeat: isStream ? EventText.heartbeat : nil) { writer in
          metrics.streamOpened()
          defer { metrics.streamClosed() }
          if isStream { try await writer.write(EventText.opening) }
          for try await event in events {
            switch type {
            case MediaType.events: try await writer.write(EventText.frame(event))
            case MediaType.lines: try await writer.write(EventText.line(event))
            default:
              let text = EventText.drawn(event)
              if !text.isEmpty { try await writer.write(text) }
            }
          }
        }))
  }
}

/// How an event looks on the wire.
enum EventText {
  /// A comment, which readers pass over.
  static let heartbeat = Array(": still here\n\n".utf8)
  /// A client that is cut off comes back after a second.
  static let opening = Array("retry: 1000\n\n".utf8)

  /// A frame of `text/event-stream`. The data is one line, as JSON of ours always is.
  static func frame(_ event: RunEvent) -> [UInt8] {
    Array("id: \(event.id)\nevent: \(event.kind.rawValue)\ndata: \(event.data)\n\n".utf8)
  }

  /// Columns of a terminal of which nothing is known.
  private static let width = 100

  /// What a terminal shows: a line that changes with the steps, and one that stays for whatever else happens.
  static func drawn(_ event: RunEvent) -> [UInt8] {
    let data = (try? JSON(parsing: event.data)) ?? .null
    let cleared = "\r\u{1B}[K"
    if event.kind == .step { return Array((cleared + ProgressBar.line(data, width: width)).utf8) }
    let whole: JSON = ["type": .string(event.kind.rawValue), "data": data]
    guard let text = RunLine.line(whole) else { return [] }
    return Array("\(cleared)\(text.printable)\n".utf8)
  }

  /// A line of `application/x-ndjson`.
  static func line(_ event: RunEvent) -> [UInt8] {
    let head = "{\"id\":\(event.id),\"type\":\"\(event.kind.rawValue)\",\"run\":\"\(event.run)\""
    return Array("\(head),\"data\":\(event.data)}\n".utf8)
  }
}
