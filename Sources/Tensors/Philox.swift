/// Counter-based random numbers: Philox 4×32 with ten rounds.
///
/// Any draw is a function of `key` and a 128-bit counter, so that a draw for (seed, step, position)
/// needs no state that a checkpoint would have to keep. Salmon et al. 2011,
/// "Parallel random numbers: as easy as 1, 2, 3", doi:10.1145/2063384.2063405.
public struct Philox: Sendable {
  public let key: UInt64

  public init(key: UInt64) { self.key = key }

  /// A key for one purpose, from a seed and that purpose's name (FNV-1a over the name).
  public init(seed: UInt64, purpose: String) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    // One round mixes both words, so that neighbouring seeds give unrelated keys.
    let mixed = Philox(key: hash).block(seed, 0)
    key = UInt64(mixed[1]) << 32 | UInt64(mixed[0])
  }

  /// Four random words for one counter.
  public func block(_ low: UInt64, _ high: UInt64) -> SIMD4<UInt32> {
    var counter = SIMD4<UInt32>(
      UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32),
      UInt32(truncatingIfNeeded: high), UInt32(truncatingIfNeeded: high >> 32))
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for round in 0..<10 {
      if round > 0 {
        k0 &+= 0x9E37_79B9
        k1 &+= 0xBB67_AE85
      }
      let p0 = UInt64(counter[0]) &* 0xD251_1F53
      let p1 = UInt64(counter[2]) &* 0xCD9E_8D57
      counter = SIMD4(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ counter[1] ^ k0,
        UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ counter[3] ^ k1,
        UInt32(truncatingIfNeeded: p0))
    }
    return counter
  }
}

extension Philox {
  /// A generator that walks the counters of one stream.
  public struct Generator: RandomNumberGenerator, Sendable {
    let philox: Philox
    let stream: UInt64
    private var counter: UInt64 = 0
    private var spare: UInt64?

    init(philox: Philox, stream: UInt64) {
      self.philox = philox
      self.stream = stream
    }

    public mutating func next() -> UInt64 {
      if let value = spare {
        spare = nil
        return value
      }
      let block = philox.block(counter, stream)
      counter &+= 1
      spare = UInt64(block[3]) << 32 | UInt64(block[2])
      return UInt64(block[1]) << 32 | UInt64(block[0])
    }

    /// A double of [0, 1) with 53 random bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
  }

  public func generator(stream: UInt64 = 0) -> Generator { Generator(philox: self, stream: stream) }
}
