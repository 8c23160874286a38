/// Cuts a stream into lines.
final class LineSplitter: @unchecked Sendable {
  private let body: @Sendable (String) throws -> Void
  // Touched by one transfer only.
  private var rest: [UInt8] = []

  init(_ body: @escaping @Sendable (String) throws -> Void) { self.body = body }

  func take(_ bytes: [UInt8]) throws {
    rest += bytes
    while let end = rest.firstIndex(of: 0x0A) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest.removeSubrange(...end)
      try body(line)
    }
  }
}
