import HTTP
import JSON

/// A JSON body: as it came, and what it says.
struct JSONBody: Sendable {
  let bytes: [UInt8]
  let json: JSON
}

extension Call {
  /// Reads the body as JSON.
  ///
  /// - Parameters:
  ///   - limit: how many bytes it may have; as many as any document when left out.
  ///   - standard: what an absent body stands for; without it there must be one.
  /// - Throws: 413, 415, or 400 with line and column.
  func json(limit: Int? = nil, default standard: JSON? = nil) async throws -> JSONBody {
    let limit = limit ?? limits.bytes
    if let standard, header("Content-Type") == nil || request.body.isEmpty {
      let bytes = try await request.body.collect(upTo: limit)
      if bytes.isEmpty { return JSONBody(bytes: [], json: standard) }
    }
    try requireJSON()
    let bytes = try await request.body.collect(upTo: limit)
    do throws(JSONSyntaxError) {
      return JSONBody(bytes: bytes, json: try JSON(parsing: bytes, limits: limits.json))
    } catch {
      throw Problem(.malformedJSON, error.description)
    }
  }

  private func requireJSON() throws(Problem) {
    guard let type = mediaType else {
      throw Problem(
        .unsupportedMediaType, "the body must be JSON; say Content-Type: \(MediaType.json)")
    }
    guard type == MediaType.json || type.hasSuffix("+json") else {
      throw Problem(
        .unsupportedMediaType,
        "the body must be JSON, but its Content-Type is \(type); say \(MediaType.json)")
    }
  }

  /// The body's media type, without parameters, in lower case.
  var mediaType: String? {
    header("Content-Type")?.split(separator: ";").first.map {
      $0.trimmingSpaces().lowercased()
    }
  }
}

extension Substring {
  func trimmingSpaces() -> Substring {
    var text = self
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
