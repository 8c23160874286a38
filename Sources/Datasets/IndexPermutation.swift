import Tensors

/// An order of `0..<count` that is computed place by place and needs no memory.
///
/// A balanced Feistel network of six rounds over the smallest even number of bits that holds `count`, walked until it comes to a number
/// below `count`: at most four steps on average. Luby and Rackoff 1988, doi:10.1137/0217022; Black and Rogaway 2002,
/// doi:10.1007/3-540-45760-7_9.
public struct IndexPermutation: Hashable, Sendable {
  public let count: Int
  private let halfBits: UInt64
  private let keys: [UInt64]

  private static let rounds = 6

  /// - Parameter stream: which of the orders of one key.
  /// - Precondition: `count` is positive and below 2⁶².
  public init(count: Int, philox: Philox, stream: UInt64) {
    precondition(count > 0 && count < 1 << 62)
    self.count = count
    let bits = max(2, Int.bitWidth - (count - 1).leadingZeroBitCount)
    halfBits = UInt64((bits + 1) / 2)
    keys = (0..<UInt64(Self.rounds)).map { round in
      let words = philox.block(round, stream)
      return UInt64(words[1]) << 32 | UInt64(words[0])
    }
  }

  /// The number at a place.
  public subscript(place: Int) -> Int {
    precondition(place >= 0 && place < count, "place \(place) of \(count)")
    var number = UInt64(place)
    repeat { number = permuted(number) } while number >= UInt64(count)
    return Int(number)
  }

  private func permuted(_ number: UInt64) -> UInt64 {
    let mask = (1 << halfBits) - 1 as UInt64
    var (left, right) = (number >> halfBits, number & mask)
    for key in keys { (left, right) = (right, left ^ (Self.mixed(right ^ key) & mask)) }
    return left << halfBits | right
  }

  /// Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195: SplitMix's finaliser.
  private static func mixed(_ word: UInt64) -> UInt64 {
    var word = word &+ 0x9E37_79B9_7F4A_7C15
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}
