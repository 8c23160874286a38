import JSON
import Testing

@Suite struct ParsingTests {
  /// Texts that RFC 8259 allows, some of them odd, and their values.
  static let valid: [(text: String, value: JSON)] = [
    ("null", nil), (" true\t", true), ("\r\nfalse\n", false), ("\u{FEFF}1", 1),
    ("0", 0), ("-0", 0), ("-12", -12), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9223372036854775808)),
    ("1.5", 1.5), ("1e2", .number(100)), ("1E+2", .number(100)), ("1.0e-2", 0.01),
    ("0e0", .number(0)),
    ("0.1", 0.1), ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-400", .number(0)),
    ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
    ("\"\"", ""), ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\u{8}\u{c}\n\r\t"),
    ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"), ("\"\\uD834\\uDD1E\"", "𝄞"), ("\"\\ud83d\\ude00\"", "😀"),
    ("\"\\u0000\"", "\0"), ("\"\\uFFFF\"", "\u{FFFF}"), ("\"\u{7F}\"", "\u{7F}"),
    ("\"héllo 日本\"", "héllo 日本"), ("[]", []), ("{}", [:]), ("[ ]", []), ("{ }", [:]),
    ("[1,[2,[3]],{}]", [1, [2, [3]], [:]]), ("{\"\":1}", ["": 1]),
    ("{\"a\":{\"b\":[null]}}", ["a": ["b": [nil]]]),
    ("{\"A\":1,\"a\":2}", ["A": 1, "a": 2]),
  ]

  @Test("odd but valid texts are read", arguments: valid.indices)
  func readsValid(index: Int) throws {
    let (text, value) = Self.valid[index]
    #expect(try JSON(parsing: text) == value, "\(text)")
  }

  /// Texts that are no JSON, with a part of the reason and where it is found.
  static let invalid: [(text: String, reason: String, line: Int, column: Int)] = [
    ("", "the text ends", 1, 1), ("  \n ", "the text ends", 2, 2),
    ("nul", "expected a value", 1, 1),
    ("True", "expected a value", 1, 1), ("NaN", "expected a value", 1, 1),
    ("Infinity", "expected a value", 1, 1), ("-Infinity", "expected a digit", 1, 2),
    ("+1", "expected a value", 1, 1), (".5", "expected a value", 1, 1),
    ("1.", "expected a digit", 1, 3), ("1e", "expected a digit", 1, 3),
    ("1e+", "expected a digit", 1, 4), ("01", "can't start with 0", 1, 1),
    ("-01", "can't start with 0", 1, 1), ("-", "expected a digit", 1, 2),
    ("1e999", "too large", 1, 1), ("-1e999", "too large", 1, 1),
    ("0x10", "unexpected text", 1, 2), ("1 2", "unexpected text", 1, 3),
    ("'a'", "expected a value", 1, 1), ("\"a", "never ends", 1, 1), ("\"a\\", "never ends", 1, 4),
    ("\"\\x\"", "unknown escape", 1, 3), ("\"\\u12\"", "four hexadecimal digits", 1, 6),
    ("\"\\u12G4\"", "four hexadecimal digits", 1, 6),
    ("\"\\uD834\"", "surrogate", 1, 8), ("\"\\uD834\\n\"", "surrogate", 1, 8),
    ("\"\\uD834\\u0041\"", "surrogate", 1, 14), ("\"\\uDD1E\"", "surrogate", 1, 8),
    ("\"\\uDD1E\\uD834\"", "surrogate", 1, 8), ("\"a\nb\"", "control character", 1, 3),
    ("\"\u{0}\"", "control character", 1, 2), ("[1,]", "expected a value", 1, 4),
    ("[,1]", "expected a value", 1, 2), ("[1 2]", "',' or ']'", 1, 4), ("[1", "',' or ']'", 1, 3),
    ("[", "the text ends", 1, 2), ("]", "expected a value", 1, 1), ("{", "in quotes", 1, 2),
    ("{\"a\"}", "':'", 1, 5), ("{\"a\":}", "expected a value", 1, 6),
    ("{\"a\":1,}", "in quotes", 1, 8), ("{a:1}", "in quotes", 1, 2), ("{1:1}", "in quotes", 1, 2),
    ("{\"a\":1 \"b\":2}", "',' or '}'", 1, 8), ("{\"a\":1]", "',' or '}'", 1, 7),
    ("{\"a\":1,\n \"a\":2}", "\"a\" stands twice", 2, 2),
    ("{\"a\":1,\"\\u0061\":2}", "\"a\" stands twice", 1, 8),
    ("// note\n1", "expected a value", 1, 1), ("1 /* note */", "unexpected text", 1, 3),
    ("[1]\u{0}", "unexpected text", 1, 4), ("\u{A0}1", "expected a value", 1, 1),
  ]

  @Test("what isn't JSON is refused with the place", arguments: invalid.indices)
  func refusesInvalid(index: Int) {
    let (text, reason, line, column) = Self.invalid[index]
    do throws(JSONSyntaxError) {
      let value = try JSON(parsing: text)
      Issue.record("\(text.debugDescription) was read as \(value)")
    } catch {
      #expect(error.reason.contains(reason), "\(text.debugDescription): \(error)")
      #expect([error.line, error.column] == [line, column], "\(text.debugDescription): \(error)")
    }
  }

  /// Byte sequences that Unicode's table 3-7 excludes: overlong forms, surrogates, past U+10FFFF,
  /// cut and stray bytes.
  static let invalidUTF8: [[UInt8]] = [
    [0xFF], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
    [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
  ]

  @Test("invalid UTF-8 is refused in values and in names", arguments: invalidUTF8)
  func refusesInvalidUTF8(bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let string = [quote] + bytes + [quote]
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: string) }
    let object = Array("{".utf8) + string + Array(":1}".utf8)
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: object) }
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: bytes) }
  }

  @Test("nesting is limited, at any depth of the text", arguments: [65, 10_000, 1_000_000])
  func limitsDepth(depth: Int) {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let text =
        String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
      do throws(JSONSyntaxError) {
        _ = try JSON(parsing: text)
        Issue.record("\(depth) levels were read")
      } catch {
        #expect(error.reason == "nested more than 64 levels deep")
      }
    }
  }

  @Test("64 levels are read, and side by side they don't add up")
  func countsDepthNotBreadth() throws {
    let deep = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
    let text = "[" + Array(repeating: deep, count: 100).joined(separator: ",") + "]"
    #expect(try JSON(parsing: text).array?.count == 100)
  }

  @Test("the number of values is limited")
  func limitsValues() {
    let text = "[" + Array(repeating: "1", count: 100).joined(separator: ",") + "]"
    #expect(throws: JSONSyntaxError.self) {
      try JSON(parsing: text, limits: JSONLimits(values: 100))
    }
    #expect(throws: Never.self) { try JSON(parsing: text, limits: JSONLimits(values: 101)) }
  }

  @Test("members keep their order")
  func keepsOrder() throws {
    let names = (0..<50).map { "name\($0 * 7919 % 50)" }
    let text = "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    #expect(try JSON(parsing: text).object?.names == names)
  }
}
