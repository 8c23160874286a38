import Tensors

/// Deals one after the other out to parts, so that each part has its share of all, and of every stratum, as nearly as whole numbers allow.
///
/// Each part is owed its share of what came, in all and in the stratum; who is owed most gets the next.
struct Dealer {
  private let shares: [Double]
  /// Owed to each part: of all, and of each stratum.
  private var owed: [Double]
  private var owedOfStratum: [Double]

  init(_ shares: SplitShares, strata: Int) {
    self.shares = shares.shares
    owed = Array(repeating: 0, count: self.shares.count)
    owedOfStratum = Array(repeating: 0, count: self.shares.count * strata)
  }

  /// The part that gets the next of a stratum.
  mutating func deal(stratum: Int) -> SplitParts.Part {
    let base = stratum * shares.count
    var best = 0
    for part in shares.indices {
      owed[part] += shares[part]
      owedOfStratum[base + part] += shares[part]
      if owed[part] + owedOfStratum[base + part] > owed[best] + owedOfStratum[base + best] + 1e-9 {
        best = part
      }
    }
    owed[best] -= 1
    owedOfStratum[base + best] -= 1
    return SplitParts.Part(best)
  }

  /// Deals all examples out in random order.
  static func deal(
    _ examples: Int, shares: SplitShares, seed: UInt64, strata: Int,
    stratum: (Int) -> Int
  ) -> [SplitParts.Part] {
    var parts = Array(repeating: SplitParts.none, count: examples)
    guard examples > 0 else { return parts }
    var dealer = Dealer(shares, strata: strata)
    let order = IndexPermutation(
      count: examples, philox: Philox(seed: seed, purpose: "stored split"), stream: 0)
    for place in 0..<examples {
      let example = order[place]
      parts[example] = dealer.deal(stratum: stratum(example))
    }
    return parts
  }
}
