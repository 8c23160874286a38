import Testing

@testable import Store

@Suite struct ColumnCodecTests {
  private func roundTrip(_ values: [Double], _ element: ColumnCodec.Element) -> [Double]? {
    var bytes: [UInt8] = []
    ColumnCodec.encode(values, as: element, into: &bytes)
    return bytes.withUnsafeBytes { raw in
      var position = 0
      let found = ColumnCodec.decode(raw, &position, count: values.count, as: element)
      return position == raw.count ? found : nil
    }
  }

  private static func noise(_ count: Int, _ seed: UInt64 = 3) -> [UInt64] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  @Test("floats come back by their bits: noise, zeros of both signs, denormals, what isn't finite")
  func floats() throws {
    let special: [Float] = [
      0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNormalMagnitude,
      .greatestFiniteMagnitude, 1, 1, 1,
    ]
    let values =
      special.map(Double.init)
      + Self.noise(2_000).map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
    let found = try #require(roundTrip(values, .float32))
    for (one, other) in zip(found, values) {
      #expect(one.bitPattern == other.bitPattern || (one.isNaN && other.isNaN))
    }
  }

  @Test("doubles and integers come back", arguments: [1, 2, 3, 1_000])
  func others(count: Int) {
    let doubles: [Double] = Self.noise(count).map { bits in
      let value = Double(bitPattern: bits)
      return value.isNaN ? .infinity : value
    }
    #expect(roundTrip(doubles, .float64) == doubles)
    let integers = Self.noise(count).map { Double(Int64(bitPattern: $0) >> 12) }
    #expect(roundTrip(integers, .integer) == integers)
    let steps = (0..<count).map { Double(1_000_000 + $0) }
    #expect(roundTrip(steps, .integer) == steps)
    let sevens = [Double](repeating: 7, count: count)
    #expect(roundTrip(sevens, .float64) == sevens)
  }

  @Test("no column of nothing takes more than a few bytes")
  func small() {
    var bytes: [UInt8] = []
    ColumnCodec.encode([Double](repeating: 0, count: 1_024), as: .integer, into: &bytes)
    #expect(bytes.count <= 4)
    bytes = []
    ColumnCodec.encode((1...1_024).map(Double.init), as: .integer, into: &bytes)
    #expect(bytes.count <= 64)
    #expect(roundTrip([], .float64) == [])
  }

  @Test("bytes that are cut off or changed are refused or read as something, never a crash")
  func garbage() {
    var bytes: [UInt8] = []
    ColumnCodec.encode(Self.noise(300).map { Double($0 >> 40) }, as: .float32, into: &bytes)
    for length in stride(from: 0, to: bytes.count, by: 7) {
      Array(bytes[..<length]).withUnsafeBytes { raw in
        var position = 0
        #expect(ColumnCodec.decode(raw, &position, count: 300, as: .float32) == nil)
      }
    }
    for place in stride(from: 0, to: bytes.count, by: 5) {
      var changed = bytes
      changed[place] ^= 0xFF
      changed.withUnsafeBytes { raw in
        var position = 0
        _ = ColumnCodec.decode(raw, &position, count: 300, as: .float32)
      }
    }
  }

  @Test("histories keep 21 significant bits, rounded to even, and what isn't finite")
  func rounding() {
    for bits in Self.noise(2_000).map({ UInt32(truncatingIfNeeded: $0) }) {
      let value = Float(bitPattern: bits)
      guard value.isFinite, value.magnitude >= .leastNormalMagnitude else { continue }
      let rounded = value.roundedForHistory
      guard rounded.isFinite else { continue }
      #expect(abs(rounded - value) <= value.magnitude * 4.8e-7)
      #expect(rounded.roundedForHistory == rounded)
    }
    #expect(Float.infinity.roundedForHistory == .infinity)
    #expect(Float.nan.roundedForHistory.isNaN)
    #expect(Float(1).roundedForHistory == 1)
  }
}
