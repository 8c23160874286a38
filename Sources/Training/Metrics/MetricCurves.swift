/// How examples of one class stand among the others by their scores: the ROC and the precision-recall curve.
public struct RankedCurve: Hashable, Sendable, Codable {
  /// A threshold, with how many examples of the class and of the others have scores of it or above.
  public struct Point: Hashable, Sendable, Codable {
    public let threshold: Double
    public let positives: Int
    public let negatives: Int
  }

  public let classIndex: Int
  /// From the highest threshold down.
  public let points: [Point]
  /// How many there were before some were left out.
  public let count: Int
  /// `nil` where there are no positives, or no negatives.
  public let rocArea: Double?
  public let averagePrecision: Double
  /// How far the ROC area may be off because scores were counted in bins.
  public let rocAreaBound: Double

  public var positives: Int { points.last?.positives ?? 0 }
  public var negatives: Int { points.last?.negatives ?? 0 }

  /// The same with at most so many points: the first, the last, and those between that lie evenly along both curves.
  public func thinned(to most: Int) -> RankedCurve {
    guard points.count > most, most > 1 else { return self }
    let (all, others) = (Double(max(positives, 1)), Double(max(negatives, 1)))
    var lengths = [0.0]
    for index in points.indices.dropFirst() {
      let (point, before) = (points[index], points[index - 1])
      lengths.append(
        lengths[index - 1] + Double(point.positives - before.positives) / all
          + Double(point.negatives - before.negatives) / others
          + (point.precision - before.precision).magnitude)
    }
    let total = lengths[lengths.count - 1]
    var kept = [points[0]]
    var next = 1
    for index in points.indices.dropFirst().dropLast() where kept.count < most - 1 {
      if lengths[index] >= total * Double(next) / Double(most - 1) {
        kept.append(points[index])
        while next < most, lengths[index] >= total * Double(next) / Double(most - 1) { next += 1 }
      }
    }
    kept.append(points[points.count - 1])
    return RankedCurve(
      classIndex: classIndex, points: kept, count: count, rocArea: rocArea,
      averagePrecision: averagePrecision, rocAreaBound: rocAreaBound)
  }
}

extension RankedCurve.Point {
  /// The share of positives at the threshold and above.
  public var precision: Double { Double(positives) / Double(max(positives + negatives, 1)) }
}

/// Probabilities against frequencies, in bins of equal width.
public struct CalibrationCurve: Hashable, Sendable, Codable {
  public struct Bin: Hashable, Sendable, Codable {
    public let count: Int
    /// The mean of the probabilities.
    public let predicted: Double
    /// How often it was so.
    public let right: Int
  }

  /// `nil` for that of the likeliest class of each example.
  public let classIndex: Int?
  public let bins: [Bin]
}
