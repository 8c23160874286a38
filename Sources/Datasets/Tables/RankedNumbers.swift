/// Numbers in their order, each with how often it occurs.
struct RankedNumbers {
  let numbers: [(value: Double, count: Int)]
  /// How many there are of all before each, and itself.
  private let ranks: [Int]

  /// - Parameter numbers: in any order; one may come several times.
  init(_ numbers: [(value: Double, count: Int)]) {
    self.numbers = numbers.sorted { $0.value < $1.value }
    var rank = 0
    ranks = self.numbers.map { number in
      rank += number.count
      return rank
    }
  }

  init(_ numbers: some Collection<Double>) { self.init(numbers.map { ($0, 1) }) }

  var count: Int { ranks.last ?? 0 }

  /// The value below which a share of them lies, between two of them by the distance to each, as NumPy's `quantile` does.
  ///
  /// - Precondition: there is at least one.
  func quantile(_ share: Double) -> Double {
    let place = share * Double(count - 1)
    let below = Int(place)
    let part = place - Double(below)
    return number(below) * (1 - part) + number(min(below + 1, count - 1)) * part
  }

  /// The number at a place of the order, counted from 0.
  private func number(_ place: Int) -> Double {
    // The first whose rank is above the place.
    var (low, high) = (0, ranks.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ranks[middle] > place { high = middle } else { low = middle + 1 }
    }
    return numbers[low].value
  }
}
