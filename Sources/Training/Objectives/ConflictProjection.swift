import Tensors

/// Which sum of the terms' gradients is left once none pulls against another.
///
/// From each gradient the part along another that it conflicts with is taken, one after the other in a
/// random order. All of it is done on the products `g_i · g_j`, since what comes out is a sum of the
/// gradients anyway. Yu et al. 2020, arXiv:2001.06782, algorithm 1.
enum ConflictProjection {
  /// By what each gradient is multiplied in the sum.
  ///
  /// - Parameters:
  ///   - products: `g_i · g_j` of the unweighted gradients, row after row.
  ///   - weights: of the terms.
  ///   - order: for each term the others, in the order in which they're looked at.
  static func coefficients(
    products: [Double], weights: [Double], order: (Int) -> [Int]
  ) -> [Double] {
    let count = weights.count
    func product(_ a: Int, _ b: Int) -> Double { weights[a] * weights[b] * products[a * count + b] }
    var sums = [Double](repeating: 0, count: count)
    for term in 0..<count {
      var parts = [Double](repeating: 0, count: count)
      parts[term] = 1
      for other in order(term) {
        var dot = 0.0
        for index in 0..<count where parts[index] != 0 {
          dot += parts[index] * product(index, other)
        }
        let norm = product(other, other)
        if dot < 0, norm > 0 { parts[other] -= dot / norm }
      }
      for index in 0..<count { sums[index] += parts[index] }
    }
    return (0..<count).map { sums[$0] * weights[$0] }
  }

  /// The others in an order that is a function of seed, step and term.
  static func order(of term: Int, among count: Int, seed: UInt64, step: Int) -> [Int] {
    var generator = Philox(seed: seed, purpose: "pcgrad \(term)")
      .generator(stream: UInt64(truncatingIfNeeded: step))
    var others = (0..<count).filter { $0 != term }
    others.shuffle(using: &generator)
    return others
  }
}
