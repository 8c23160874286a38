import JSON
import Testing

@Suite struct WritingTests {
  @Test("compact text has no spaces and escapes what must be")
  func compact() {
    let value: JSON = ["a": [1, 2.5, nil, true], "b\"\\\n\u{1}\u{7F}é/": "x"]
    #expect(value.description == #"{"a":[1,2.5,null,true],"b\"\\\n\u0001\u007fé/":"x"}"#)
  }

  @Test("pretty text breaks lines, and keeps arrays of scalars on one")
  func pretty() {
    let value: JSON = ["a": [1, 2], "b": [[1], [:]], "c": []]
    let expected = """
      {
        "a": [1,2],
        "b": [
          [1],
          {}
        ],
        "c": []
      }
      """
    #expect(String(decoding: value.encoded(pretty: true), as: UTF8.self) == expected)
  }

  @Test("what isn't finite is null", arguments: [Double.nan, .infinity, -.infinity])
  func nonFinite(value: Double) {
    #expect(JSON.number(value).description == "null")
  }

  @Test("doubles read back to the same bits")
  func roundTrip() throws {
    var generator = SplitMix(state: 7)
    var checked = 0
    while checked < 2000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      checked += 1
      let read = try JSON(parsing: JSON.number(value).description).double
      #expect(read?.bitPattern == value.bitPattern, "\(value)")
    }
  }

  @Test("strings of any scalar read back the same")
  func stringRoundTrip() throws {
    var generator = SplitMix(state: 11)
    for _ in 0..<300 {
      var text = ""
      for _ in 0..<20 {
        let code = UInt32(truncatingIfNeeded: generator.next() % 0x11_0000)
        if let scalar = Unicode.Scalar(code) { text.unicodeScalars.append(scalar) }
      }
      let read = try JSON(parsing: JSON.string(text).description).string
      #expect(read.map { Array($0.utf8) } == Array(text.utf8))
    }
  }
}

/// SplitMix64, so that the tests draw the same numbers each time.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
