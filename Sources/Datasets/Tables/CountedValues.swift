import CTables

/// The distinct values of a column, each with how often it occurs; there where they were few enough to be counted.
struct CountedValues {
  private let counts: OpaquePointer

  /// `nil` where nothing was counted, or the values became too many.
  init?(_ counts: OpaquePointer?) {
    guard let counts, !tb_counts_overflowed(counts) else { return nil }
    self.counts = counts
  }

  /// Their places, in the order in which they came first.
  var indices: Range<Int> { 0..<tb_counts_held(counts) }

  func count(_ place: Int) -> Int { Int(tb_counts_count(counts, place)) }

  /// A value's bytes; valid as long as the survey is.
  func bytes(_ place: Int) -> UnsafeBufferPointer<UInt8> {
    let text = tb_counts_text(counts, place)
    return UnsafeBufferPointer(start: text.bytes, count: text.length)
  }

  /// Those that are numbers.
  var numbers: RankedNumbers {
    RankedNumbers(
      indices.compactMap { place in
        var number = 0.0
        return tb_counts_number(counts, place, &number) ? (number, count(place)) : nil
      })
  }

  /// A value's text, or its first bytes.
  func text(_ place: Int, longest: Int = .max) -> String {
    String(decoding: bytes(place).prefix(longest), as: UTF8.self)
  }
}
