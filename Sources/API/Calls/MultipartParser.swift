import Foundation
import HTTP

/// Takes `multipart/form-data` (RFC 7578) apart as it arrives, in memory that doesn't grow with it.
struct MultipartParser {
  enum Event: Equatable {
    /// A part begins.
    case part(name: String)
    /// Some of its bytes.
    case bytes([UInt8])
    /// It has ended.
    case end
  }

  private enum State {
    case preamble, headers, content, afterDelimiter, epilogue
  }

  private static let longestHeader = 8 << 10

  private let delimiter: [UInt8]
  private var state = State.preamble
  /// Bytes not taken apart yet. Begins with a line break, so that the first delimiter is like the others.
  private var rest: [UInt8] = [0x0D, 0x0A]

  /// - Parameter contentType: the whole header, with its boundary.
  /// - Throws: `HTTPError.badRequest` when it names none.
  init(contentType: String) throws(HTTPError) {
    let parameter = contentType.split(separator: ";").dropFirst()
      .map { $0.trimmingSpaces() }
      .first { $0.lowercased().hasPrefix("boundary=") }
    var boundary = parameter?.dropFirst("boundary=".count) ?? ""
    if boundary.count >= 2, boundary.first == "\"", boundary.last == "\"" {
      boundary = boundary.dropFirst().dropLast()
    }
    guard (1...70).contains(boundary.utf8.count) else {
      throw HTTPError(
        .badRequest, "multipart/form-data must name its boundary, of at most 70 characters")
    }
    delimiter = Array("\r\n--\(boundary)".utf8)
  }

  /// Takes the next bytes.
  mutating func feed(_ bytes: [UInt8]) throws(HTTPError) -> [Event] {
    rest.append(contentsOf: bytes)
    var events: [Event] = []
    while let event = try next() {
      if let event { events.append(event) }
    }
    return events
  }

  /// Says that there are no more bytes.
  func finish() throws(HTTPError) {
    guard state == .epilogue else {
      throw HTTPError(.badRequest, "the multipart body ends before its last boundary")
    }
  }

  /// One step: `.some(nil)` for a step without an event, `nil` when more bytes are needed.
  private mutating func next() throws(HTTPError) -> Event?? {
    switch state {
    case .preamble:
      guard let start = find(delimiter) else {
        drop(rest.count - delimiter.count + 1)
        return nil
      }
      drop(start + delimiter.count)
      state = .afterDelimiter
      return .some(nil)
    case .afterDelimiter:
      guard rest.count >= 2 else { return nil }
      if rest[0] == UInt8(ascii: "-"), rest[1] == UInt8(ascii: "-") {
        state = .epilogue
        rest = []
        return .some(nil)
      }
      // Blanks may stand between a boundary and its line's end.
      let blanks = rest.prefix { $0 == 0x20 || $0 == 0x09 }.count
      let isTooLong = blanks > MultipartParser.longestHeader
      guard rest.count >= blanks + 2 || isTooLong else { return nil }
      guard !isTooLong, rest[blanks] == 0x0D, rest[blanks + 1] == 0x0A else {
        throw HTTPError(.badRequest, "a multipart boundary isn't followed by a line break")
      }
      drop(blanks)
      state = .headers
      return .some(nil)
    case .headers:
      // The line break after the boundary is the first of the two that end the headers.
      let ending: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
      guard let end = find(ending), end <= MultipartParser.longestHeader else {
        if rest.count >= MultipartParser.longestHeader + ending.count {
          throw HTTPError(.badRequest, "a part's headers are too long")
        }
        return nil
      }
      let name = try MultipartParser.name(inHeaders: rest[..<end])
      drop(end + ending.count)
      // So that a delimiter right behind the headers, of an empty part, is one too.
      rest.insert(contentsOf: [0x0D, 0x0A], at: 0)
      state = .content
      skipsBreak = true
      return .some(.part(name: name))
    case .content:
      return content()
    case .epilogue:
      rest = []
      return nil
    }
  }

  /// Whether the line break at the start of `rest` is ours rather than the part's.
  private var skipsBreak = false

  private mutating func content() -> Event?? {
    if let start = find(delimiter) {
      let bytes = Array(rest[(skipsBreak ? min(2, start) : 0)..<start])
      if !bytes.isEmpty {
        drop(start)
        skipsBreak = false
        return .some(.bytes(bytes))
      }
      drop(start + delimiter.count)
      skipsBreak = false
      state = .afterDelimiter
      return .some(.end)
    }
    let safe = rest.count - delimiter.count + 1
    let first = skipsBreak ? 2 : 0
    guard safe > first else { return nil }
    let bytes = Array(rest[first..<safe])
    drop(safe)
    skipsBreak = false
    return .some(.bytes(bytes))
  }

  private mutating func drop(_ count: Int) {
    if count > 0 { rest.removeFirst(min(count, rest.count)) }
  }

  /// Where a sequence that begins with a carriage return begins.
  private func find(_ wanted: [UInt8]) -> Int? {
    rest.withUnsafeBytes { rest in
      guard let begin = rest.baseAddress else { return nil }
      var position = 0
      while position + wanted.count <= rest.count {
        guard
          let found = memchr(begin + position, 0x0D, rest.count - wanted.count + 1 - position)
        else { return nil }
        if memcmp(found, wanted, wanted.count) == 0 { return UnsafeRawPointer(found) - begin }
        position = UnsafeRawPointer(found) - begin + 1
      }
      return nil
    }
  }

  /// The name in `Content-Disposition: form-data; name="features"`.
  private static func name(inHeaders bytes: ArraySlice<UInt8>) throws(HTTPError) -> String {
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "content-disposition" else { continue }
      for parameter in parts[1].split(separator: ";").map({ $0.trimmingSpaces() })
      where parameter.lowercased().hasPrefix("name=") {
        var name = parameter.dropFirst("name=".count)
        if name.count >= 2, name.first == "\"", name.last == "\"" {
          name = name.dropFirst().dropLast()
        }
        return String(name)
      }
    }
    throw HTTPError(.badRequest, "a part has no name; send Content-Disposition: form-data; name=…")
  }
}
