import Testing

@testable import JSON

@Suite struct ObjectReaderTests {
  private func faults(_ text: String, _ read: (inout ObjectReader) -> Void) throws -> [String] {
    var reader = ObjectReader(try JSON(parsing: text), pointer: "/x")
    read(&reader)
    return reader.finish().all.map(\.description)
  }

  @Test("every fault is found, and a misspelt field names its neighbour")
  func collects() throws {
    let found = try faults(#"{"rate": -1, "unit": 3, "name": 7, "flag": "yes", "kind": "realu"}"#) {
      _ = $0.double("rate", in: 0...1)
      _ = $0.integer("units", in: 1...10)
      _ = $0.string("name")
      _ = $0.bool("flag")
      _ = $0.string("kind", in: ["relu", "tanh"])
      _ = $0.requiredValue("size")
    }
    #expect(
      found == [
        "/x/rate: -1.0 is out of range; from 0.0 to 1.0",
        "/x/name: expected a string, found an integer",
        "/x/flag: expected true or false, found a string",
        "/x/kind: \"realu\" is unknown (did you mean \"relu\"?); one of: relu, tanh",
        "/x/size: is missing",
        "/x/unit: unknown field (did you mean \"units\"?); known here: rate, units, name, flag, kind, size",
      ])
  }

  @Test("what is no object has one fault", arguments: ["[]", "1", "null", "\"a\""])
  func noObject(text: String) throws {
    let found = try faults(text) {
      _ = $0.requiredValue("a")
      _ = $0.integer("b", in: 0...1)
    }
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("/x: expected an object, found "))
  }

  @Test("null counts as absent")
  func null() throws {
    var read: Int? = 1
    let found = try faults(#"{"a": null}"#) { read = $0.integer("a", in: 0...1) }
    #expect(read == nil && found.isEmpty)
  }

  @Test("integers may be written as 2.0 or 1e3, and nothing in between")
  func integers() throws {
    var read: [Int?] = []
    let found = try faults(#"{"a": 2.0, "b": 1e3, "c": 2.5, "d": 1e30}"#) {
      for name in ["a", "b", "c", "d"] { read.append($0.integer(name, in: 0...1000)) }
    }
    #expect(read == [2, 1000, nil, nil])
    #expect(
      found == [
        "/x/c: expected an integer, found 2.5", "/x/d: expected an integer, found 1e+30",
      ])
  }

  @Test("pointers escape ~ and / as RFC 6901 says")
  func escapes() {
    let reader = ObjectReader([:], pointer: "/a")
    #expect(reader.pointer(to: "m~n/o") == "/a/m~0n~1o")
  }

  @Test("the range in a message names the limit of 10^12 units")
  func namesLimit() throws {
    let field = Field("units", .integer(1...65_536), isRequired: true, "")
    #expect(
      try faults(#"{"units": 1000000000000}"#) { _ = $0.integer(field) } == [
        "/x/units: 1000000000000 is out of range; from 1 to 65536"
      ])
  }
}
