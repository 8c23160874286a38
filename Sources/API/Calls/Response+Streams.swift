import HTTP
import JSON
import Training

/// Takes a row of a series.
typealias WriteRow = @Sendable ([JSON]) async throws -> Void

extension Response {
  /// Rows of numbers as NumPy's array of float64, `[rows, columns]`.
  static func npy(_ rows: [[Double]], columns: Int) -> Response {
    Response(
      status: 200,
      headers: [("Content-Type", MediaType.npy), ("Cache-Control", CachePolicy.never.rawValue)],
      body: .bytes(NumpyFile.encoded(rows.flatMap { $0 }, shape: [rows.count, columns])))
  }

  /// Rows as `text/csv` with a header, or as `application/x-ndjson`, sent as they come.
  static func lines(
    _ type: String, columns: [String],
    _ produce: @escaping @Sendable (WriteRow) async throws -> Void
  ) -> Response {
    let mediaType = type == MediaType.csv ? "text/csv; charset=utf-8; header=present" : type
    let headers = [("Content-Type", mediaType), ("Cache-Control", CachePolicy.never.rawValue)]
    let body = StreamBody { writer in
      let buffer = LineBuffer(writer)
      if type == MediaType.csv {
        try await buffer.append { TextTable.csvLine(columns.map(JSON.string), into: &$0) }
      }
      try await produce { row in
        try await buffer.append { bytes in
          if type == MediaType.csv {
            TextTable.csvLine(row, into: &bytes)
          } else {
            TextTable.jsonLine(columns, row, into: &bytes)
          }
        }
      }
      try await buffer.flush()
    }
    return Response(status: 200, headers: headers, body: .stream(body))
  }
}

/// Gathers lines to stretches of some KiB, so that a line isn't a chunk of its own.
private actor LineBuffer {
  private static let capacity = 32 << 10

  private var bytes: [UInt8] = []
  private let writer: ResponseWriter

  init(_ writer: ResponseWriter) { self.writer = writer }

  func append(_ line: @Sendable (inout [UInt8]) -> Void) async throws {
    line(&bytes)
    if bytes.count >= LineBuffer.capacity { try await flush() }
  }

  func flush() async throws {
    guard !bytes.isEmpty else { return }
    let full = bytes
    bytes = []
    try await writer.write(full)
  }
}
