/// Examples of a class and of the others, counted from the highest scores down to each threshold.
struct Ranking {
  /// Whether every score is a threshold, rather than a bin.
  let isExact: Bool
  private(set) var thresholds: [Double] = []
  /// With scores of the threshold and above: those of the class, and the others.
  private(set) var positives: [Double] = []
  private(set) var negatives: [Double] = []

  init(isExact: Bool) { self.isExact = isExact }

  /// Takes in examples of a score that is no higher than the one before.
  mutating func add(_ score: Double, positive: Double, negative: Double) {
    let (before, beside) = (totalPositives, totalNegatives)
    if thresholds.last == score {
      positives[positives.count - 1] = before + positive
      negatives[negatives.count - 1] = beside + negative
      return
    }
    thresholds.append(score)
    positives.append(before + positive)
    negatives.append(beside + negative)
  }

  var totalPositives: Double { positives.last ?? 0 }
  var totalNegatives: Double { negatives.last ?? 0 }

  /// The area under the ROC curve by trapezia; `nil` where one side has no example.
  var rocArea: Double? {
    guard totalPositives > 0, totalNegatives > 0 else { return nil }
    var (area, before, beside) = (0.0, 0.0, 0.0)
    for index in thresholds.indices {
      area += (negatives[index] - beside) * (positives[index] + before)
      (before, beside) = (positives[index], negatives[index])
    }
    return area / (2 * totalPositives * totalNegatives)
  }

  /// How far `rocArea` may be off because scores of one bin have no order: half the pairs within bins.
  var rocAreaBound: Double {
    guard !isExact, totalPositives > 0, totalNegatives > 0 else { return 0 }
    var (pairs, before, beside) = (0.0, 0.0, 0.0)
    for index in thresholds.indices {
      pairs += (positives[index] - before) * (negatives[index] - beside)
      (before, beside) = (positives[index], negatives[index])
    }
    return pairs / (2 * totalPositives * totalNegatives)
  }

  /// `Σ (recall_i - recall_{i-1}) precision_i`; 0 where there is no positive.
  var averagePrecision: Double {
    guard totalPositives > 0 else { return 0 }
    var (sum, before) = (0.0, 0.0)
    for index in thresholds.indices {
      let found = positives[index]
      sum += (found - before) / totalPositives * (found / (found + negatives[index]))
      before = found
    }
    return sum
  }

  /// The curve with at most so many of its points.
  func curve(of index: Int, most: Int) -> RankedCurve {
    let all = thresholds.indices.map {
      RankedCurve.Point(
        threshold: thresholds[$0], positives: Int(positives[$0]), negatives: Int(negatives[$0]))
    }
    return RankedCurve(
      classIndex: index, points: all, count: all.count, rocArea: rocArea,
      averagePrecision: averagePrecision, rocAreaBound: rocAreaBound
    ).thinned(to: most)
  }
}
