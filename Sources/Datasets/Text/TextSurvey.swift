import Foundation

/// The first pass over a text: how often each token occurs.
struct TextSurvey {
  /// Tokens of the text.
  private(set) var count = 0
  /// The tokens' names, in the order of their numbers.
  let names: [String]
  /// How often each occurs.
  let counts: [Int]
  /// The number of each code point that occurs; of bytes none.
  let places: [UInt16]

  /// Code points of Unicode.
  static let codePoints = 0x110000

  init(file: URL, tokens: TextTokens, limits: ImportLimits) throws(DatasetError) {
    var found = [Int](repeating: 0, count: tokens == .byte ? 256 : TextSurvey.codePoints)
    var count = 0
    try TextReader(file: file, tokens: tokens, limits: limits).forEachRun {
      (run) throws(DatasetError) in
      found.withUnsafeMutableBufferPointer { found in
        for token in run { found[Int(token)] += 1 }
      }
      count += run.count
    }
    self.count = count
    guard tokens == .character else {
      names = (0..<256).map(TextTokens.name)
      counts = found
      places = []
      return
    }
    var names: [String] = []
    var counts: [Int] = []
    var places = [UInt16](repeating: 0, count: TextSurvey.codePoints)
    for (code, occurrences) in found.enumerated() where occurrences > 0 {
      guard names.count < limits.characters else {
        throw DatasetError(
          .limitExceeded,
          "more than \(limits.characters) different characters; say tokens=byte")
      }
      guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else { continue }
      places[code] = UInt16(truncatingIfNeeded: names.count)
      names.append(String(Character(scalar)))
      counts.append(occurrences)
    }
    self.names = names
    self.counts = counts
    self.places = places
  }
}

/// Reads a text's tokens run by run: code points, checked to be UTF-8, or bytes.
struct TextReader {
  let file: URL
  let tokens: TextTokens
  let limits: ImportLimits

  private static let mark: UInt32 = 0xFEFF

  /// - Throws: `DatasetError.malformed` with the offset of the first byte that is no UTF-8.
  func forEachRun(
    _ body: (UnsafeBufferPointer<UInt32>) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let source = try openSource(file, limits: limits)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    let run = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 1 << 18)
    defer {
      bytes.deallocate()
      run.deallocate()
    }
    var check = UTF8Check()
    var code: UInt32 = 0
    var offset = 0
    while true {
      let read = try source.fill(bytes)
      if read == 0 { break }
      var filled = 0
      for index in 0..<read {
        let byte = bytes[index]
        if tokens == .byte {
          run[filled] = UInt32(byte)
          filled += 1
          continue
        }
        let continues = check.remaining > 0
        guard check.take(byte) else {
          throw DatasetError(
            .malformed,
            "0x\(String(byte, radix: 16)) is no UTF-8 here; convert the text, or say tokens=byte",
            byte: offset + index)
        }
        if continues {
          code = code << 6 | UInt32(byte & 0x3F)
        } else {
          // The lead byte's own bits: all of ASCII, 5 of two bytes, 4 of three, 3 of four.
          let masks: (UInt8, UInt8, UInt8, UInt8) = (0x7F, 0x1F, 0x0F, 0x07)
          code =
            switch check.remaining {
            case 0: UInt32(byte & masks.0)
            case 1: UInt32(byte & masks.1)
            case 2: UInt32(byte & masks.2)
            default: UInt32(byte & masks.3)
            }
        }
        guard check.remaining == 0 else { continue }
        // A byte order mark says how the text is written, and isn't of it.
        if code == TextReader.mark, offset + index == 2 { continue }
        run[filled] = code
        filled += 1
      }
      offset += read
      try body(UnsafeBufferPointer(rebasing: run[..<filled]))
    }
    if check.remaining > 0 {
      throw DatasetError(
        .malformed,
        "the text ends within a character; complete it, or say tokens=byte", byte: offset)
    }
  }
}
