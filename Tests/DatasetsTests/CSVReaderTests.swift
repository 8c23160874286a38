import Foundation
import JSON
import Tensors
import Testing

@testable import Datasets

@Suite("Records of CSV")
struct CSVReaderTests {
  struct Table: Sendable, CustomTestStringConvertible {
    let file: String
    let rows: [[String]]
    var testDescription: String { file }
  }

  static let tables = (Fixture.expected["tables"]?.array ?? []).map { table in
    Table(
      file: table["file"]?.string ?? "",
      rows: (table["rows"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) })
  }

  static func records(_ source: any ByteSource, delimiter: UInt8) throws -> [[String]] {
    let reader = try CSVReader(source, delimiter: delimiter, limits: ImportLimits())
    var rows: [[String]] = []
    while try reader.next() { rows.append((0..<reader.count).map(reader.text)) }
    return rows
  }

  @Test("are those that Python's csv module wrote", arguments: tables)
  func agreement(table: Table) throws {
    let file = Fixture.file(table.file)
    let head = try openSource(file, limits: ImportLimits()).bytes(1 << 16)
    let source = try openSource(file, limits: ImportLimits())
    let rows = try Self.records(source, delimiter: sniffDelimiter(head))
    #expect(rows == table.rows)
    #expect(!rows.isEmpty)
  }

  @Test("don't depend on where the bytes are cut")
  func cuts() throws {
    let text = "a,\"b\r\n\"\"c\"\"\",ü\r\n\r\nd,,日\n \"x\" , y ,z"
    let rows = [["a", "b\r\n\"c\"", "ü"], ["d", "", "日"], ["\"x\"", "y", "z"]]
    for size in 1...7 {
      let source = SmallPieces(Array(text.utf8), size: size)
      #expect(try Self.records(source, delimiter: UInt8(ascii: ",")) == rows, "pieces of \(size)")
    }
  }

  @Test("end at the last byte with and without a line end")
  func lastLine() throws {
    for end in ["", "\n", "\r\n", "\r", "\n\n\n"] {
      let rows = try Self.records(
        BytesSource(Array("a,b\n1,2\(end)".utf8)), delimiter: UInt8(ascii: ","))
      #expect(rows == [["a", "b"], ["1", "2"]])
    }
    #expect(try Self.records(BytesSource(Array("a,\"\"".utf8)), delimiter: 0x2C) == [["a", ""]])
    #expect(try Self.records(BytesSource(Array("a,".utf8)), delimiter: 0x2C) == [["a", ""]])
    #expect(try Self.records(BytesSource([]), delimiter: 0x2C).isEmpty)
  }

  @Test(
    "that aren't UTF-8 are refused with row, column and byte",
    arguments: [
      ([0xFF], 0), ([0xC0, 0x80], 0), ([0xC3], 1), ([0xE0, 0x80, 0x80], 1),
      ([0xED, 0xA0, 0x80], 1), ([0xF4, 0x90, 0x80, 0x80], 1), ([0xE2, 0x82], 2), ([0x00], 0),
    ] as [([UInt8], Int)])
  func invalid(bytes: [UInt8], offset: Int) throws {
    let text = Array("a,b\nc,d".utf8) + bytes
    let error = #expect(throws: DatasetError.self) {
      try Self.records(BytesSource(text), delimiter: UInt8(ascii: ","))
    }
    #expect(error?.code == .malformed)
    #expect(error?.row == 2)
    #expect(error?.column == 2)
    #expect(error?.byte == 7 + offset)
  }

  @Test("with an open quote, or text behind a closing one, are refused")
  func quotes() throws {
    let open = #expect(throws: DatasetError.self) {
      try Self.records(BytesSource(Array("a,b\n1,\"2\n3,4\n".utf8)), delimiter: UInt8(ascii: ","))
    }
    #expect(open?.row == 2)
    #expect(open?.byte == 6)
    let behind = #expect(throws: DatasetError.self) {
      try Self.records(BytesSource(Array("a,b\n\"1\"x,2\n".utf8)), delimiter: UInt8(ascii: ","))
    }
    #expect(behind?.row == 2)
    #expect(behind?.column == 1)
    #expect(behind?.byte == 7)
  }

  @Test("longer or wider than the limits are refused")
  func limits() throws {
    let long = #expect(throws: DatasetError.self) {
      try Self.records(
        BytesSource([UInt8](repeating: 0x61, count: 1 << 20 + 1)), delimiter: UInt8(ascii: ","))
    }
    #expect(long?.code == .limitExceeded)
    let wide = #expect(throws: DatasetError.self) {
      try Self.records(
        BytesSource([UInt8](repeating: 0x2C, count: 16_384)), delimiter: UInt8(ascii: ","))
    }
    #expect(wide?.code == .limitExceeded)
    let widest = try Self.records(
      BytesSource([UInt8](repeating: 0x2C, count: 16_383)), delimiter: UInt8(ascii: ","))
    #expect(widest.first?.count == 16_384)
  }
}

/// Bytes that come a few at a time.
private final class SmallPieces: ByteSource {
  private let source: BytesSource
  private let size: Int

  init(_ bytes: [UInt8], size: Int) {
    source = BytesSource(bytes)
    self.size = size
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, buffer.count)]))
  }
}

@Suite("Numbers in text")
struct FieldValueTests {
  struct Number: Sendable, CustomTestStringConvertible {
    let text: String
    let value: Double
    var testDescription: String { text }
  }

  static let numbers = (Fixture.expected["numbers"]?.array ?? []).map { number in
    Number(
      text: number["text"]?.string ?? "", value: Double(number["value"]?.string ?? "") ?? .nan)
  }

  static func value(_ text: String) -> FieldValue {
    var text = text
    return text.withUTF8 { FieldValue($0) }
  }

  @Test("are those that Python reads", arguments: numbers)
  func agreement(number: Number) {
    guard case .number(let value) = Self.value(number.text) else {
      Issue.record("\(number.text) was taken for \(Self.value(number.text))")
      return
    }
    #expect(value.bitPattern == number.value.bitPattern)
  }

  @Test("numbers of any length are rounded to the nearest double, also from right between two")
  func rounded() {
    var generator = Philox(seed: 3, purpose: "test").generator()
    for _ in 0..<20_000 {
      let digits = UInt64.random(in: 0..<10_000_000_000_000_000_000, using: &generator)
      let exponent = Int.random(in: -40...40, using: &generator)
      // A 54-bit odd number lies between two doubles of 53.
      let between = (UInt64(1) << 53 | digits >> 11) << 1 | 1
      for text in [
        "\(digits)e\(exponent)", "-0.\(digits)", "\(digits % 1_000).\(digits)", "\(between)",
        "\(between)e-\(abs(exponent))",
      ] {
        #expect(Self.value(text) == Double(text).map { .number($0) }, "\(text)")
      }
    }
  }

  @Test(
    "anything else is text, missing or not finite",
    arguments: [
      ("", FieldValue.missing), ("NA", .missing), ("n/a", .missing), ("NaN", .missing),
      ("null", .missing), ("?", .missing), ("1e999", .notFinite), ("-Inf", .notFinite),
      ("infinity", .notFinite), ("-", .text), (".", .text), ("1e", .text), ("1e+", .text),
      ("0x10", .text), ("1_000", .text), ("1,5", .text), ("1 2", .text), ("1.2.3", .text),
      ("e5", .text), ("None", .text), ("日", .text), ("1e5x", .text), ("--1", .text),
    ])
  func others(text: String, value: FieldValue) {
    #expect(Self.value(text) == value)
  }
}
