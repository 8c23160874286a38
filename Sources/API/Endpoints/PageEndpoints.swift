import Foundation
import HTTP
import JSON
import Web

/// The dashboard: its page, and the files that the page loads.
enum PageEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/", operationID: "getPage", tag: .service, summary: "The dashboard",
      headers: [.ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "A page that loads nothing from elsewhere.",
          content: [(MediaType.html, .string)], headers: [Answer.etag]), .notModified,
      ],
      audience: .everyone
    ) { _, call in
      call.tagged(WebFile.page.bytes, mediaType: WebFile.page.mediaType)
        .with(header: "Content-Security-Policy", PagePolicy.plotting)
    },
    Endpoint(
      method: .get, path: "/app/{file}", operationID: "getPageFile", tag: .service,
      summary: "A file that the dashboard loads", headers: [.ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "The file.",
          content: [
            ("text/javascript", .string), ("text/css", .string), ("image/svg+xml", .string),
            ("application/gzip", .bytes),
          ],
          headers: [Answer.etag]), .notModified,
      ],
      audience: .everyone
    ) { service, call in
      let name = call.parameters["file"] ?? ""
      if name == plotting { return try plots(service, call) }
      guard let file = WebFile.files.first(where: { $0.name == name }) else {
        throw Call.notFound("file", name)
      }
      return call.tagged(file.bytes, mediaType: file.mediaType)
    },
  ]

  /// Plotly.js, which isn't ours and too large for the binary.
  private static let plotting = "plotly.min.js"

  private static func plots(_ service: Service, _ call: Call) throws -> Response {
    guard let file = service.plotly, let bytes = try? Data(contentsOf: file) else {
      throw Problem(
        .notFound, "the server has no \(plotting); scripts/setup gets it, --plotly says where it is"
      )
    }
    return call.tagged([UInt8](bytes), mediaType: "text/javascript; charset=utf-8")
  }
}
