/// Examples by their scores for each class: all scores of an evaluation that isn't too large, else counts in fixed bins.
///
/// The bins' edges are a function of nothing: 64 to an octave on either side of a half for probabilities, so that those near
/// 0 and those near 1 are told apart, and 32 to an octave on either side of 0 for other scores, 4,096 in all. What two
/// examples within one bin do to each other is left out of the area, which is off by half their pairs at most.
final class ScoreTally: MetricTally {
  /// Scores that are kept one by one at most: examples times classes.
  public static let mostScores = 1 << 20
  static let mostClasses = 256
  static let bins = 4096

  let classes: Int
  /// One where a single output speaks for both classes.
  private let columns: Int
  private let areProbabilities: Bool
  /// `nil` where scores are counted in bins.
  private let scores: UnsafeMutableBufferPointer<Float>?
  private let targets: UnsafeMutableBufferPointer<Int32>?
  /// Rankings by class, made when first asked for, of so many examples.
  private var made: (examples: Int, rankings: [Int: Ranking]) = (0, [:])

  /// - Parameters:
  ///   - isSingle: whether one output speaks for both classes.
  ///   - rows: how many answers there will be; `nil` when scores are to be counted in bins whatever their number.
  init(classes: Int, isSingle: Bool, areProbabilities: Bool, rows: Int?) {
    self.classes = classes
    self.areProbabilities = areProbabilities
    columns = isSingle ? 1 : classes
    // The number of answers, and how many of them have a NaN.
    let header = 2
    if let rows, rows * columns <= Self.mostScores {
      scores = .allocate(capacity: rows * columns)
      targets = .allocate(capacity: rows)
      super.init(count: header)
    } else {
      scores = nil
      targets = nil
      super.init(count: header + 2 * columns * Self.bins)
    }
  }

  deinit {
    scores?.deallocate()
    targets?.deallocate()
  }

  var isExact: Bool { scores != nil }
  var examples: Int { Int(storage[0]) }
  /// Answers of which one score is NaN; there are no curves then.
  var unordered: Int { Int(storage[1]) }

  override func add(_ row: MetricRow) {
    let index = Int(storage[0])
    storage[0] += 1
    var isOrdered = true
    for column in 0..<columns {
      let score = score(of: row, column)
      isOrdered = isOrdered && !score.isNaN
      if let scores {
        scores[index * columns + column] = score
      } else {
        let isOf = row.target == (columns == 1 ? 1 : column)
        storage[2 + (2 * column + (isOf ? 1 : 0)) * Self.bins + bin(of: score)] += 1
      }
    }
    if let targets { targets[index] = Int32(truncatingIfNeeded: row.target) }
    if !isOrdered { storage[1] += 1 }
  }

  private func score(of row: MetricRow, _ column: Int) -> Float {
    let index = columns == 1 ? 1 : column
    if let probabilities = row.probabilities { return Float(probabilities[index]) }
    return row.outputs[columns == 1 ? 0 : column]
  }

  // MARK: - Bins

  private static let octaves = 32
  private static let half = bins / 2

  /// Grows with the score; NaN lies in the first.
  private func bin(of score: Float) -> Int {
    if areProbabilities {
      return score <= 0.5 ? low(score) : Self.bins - 1 - low(1 - score)
    }
    return score.isNaN ? 0 : score >= 0 ? Self.half + size(score) : Self.half - 1 - size(-score)
  }

  /// Of a probability up to a half: its octave below it, and its place within.
  private func low(_ score: Float) -> Int {
    let steps = Self.half / Self.octaves
    guard score >= 0x1p-32 else { return 0 }
    if score >= 0.5 { return Self.half - 1 }
    let octave = Int(score.exponent) + Self.octaves
    return octave * steps + Int((score.significand - 1) * Float(steps))
  }

  /// Of a score from 2^-32 to 2^32 in size.
  private func size(_ score: Float) -> Int {
    let steps = Self.half / (2 * Self.octaves)
    guard score >= 0x1p-32 else { return 0 }
    guard score < 0x1p32 else { return Self.half - 1 }
    let octave = Int(score.exponent) + Self.octaves
    return octave * steps + Int((score.significand - 1) * Float(steps))
  }

  /// The least score of a bin.
  private func lowest(of bin: Int) -> Double {
    if areProbabilities {
      return bin < Self.half
        ? lowest(bin, steps: Self.half / Self.octaves)
        : 1 - lowest(Self.bins - bin, steps: Self.half / Self.octaves)
    }
    let steps = Self.half / (2 * Self.octaves)
    return bin >= Self.half
      ? lowest(bin - Self.half, steps: steps) : -lowest(Self.half - bin, steps: steps)
  }

  private func lowest(_ place: Int, steps: Int) -> Double {
    if place <= 0 { return 0 }
    let (octave, step) = place.quotientAndRemainder(dividingBy: steps)
    return Double(
      sign: .plus, exponent: octave - Self.octaves, significand: 1 + Double(step) / Double(steps))
  }

  // MARK: - Curves

  /// The class's examples and the others, from the highest scores down, those of equal scores together.
  ///
  /// - Returns: `nil` where a score is NaN.
  func ranking(of index: Int) -> Ranking? {
    guard unordered == 0 else { return nil }
    if made.examples != examples { made = (examples, [:]) }
    if let ranking = made.rankings[index] { return ranking }
    let ranking = makeRanking(of: index)
    made.rankings[index] = ranking
    return ranking
  }

  override func clear() {
    super.clear()
    made = (0, [:])
  }

  private func makeRanking(of index: Int) -> Ranking {
    var ranking = Ranking(isExact: isExact)
    let isMirrored = columns == 1 && index == 0
    let column = columns == 1 ? 0 : index
    if let scores, let targets {
      // Ordered as unsigned numbers are, with the class in the lowest bit.
      var keys = (0..<examples).map { row in
        let score = scores[row * columns + column]
        return Self.key(isMirrored ? mirrored(score) : score) << 1 | (targets[row] == index ? 1 : 0)
      }
      keys.sort(by: >)
      for key in keys {
        ranking.add(
          Self.score(UInt32(truncatingIfNeeded: key >> 1)), positive: key & 1 == 1 ? 1 : 0,
          negative: key & 1 == 1 ? 0 : 1)
      }
      return ranking
    }
    for place in (0..<Self.bins).reversed() {
      let bin = isMirrored ? Self.bins - 1 - place : place
      let counts = (0..<2).map { storage[2 + (2 * column + $0) * Self.bins + bin] }
      let own = isMirrored ? 0 : 1
      if counts[0] + counts[1] > 0 {
        ranking.add(lowest(of: place), positive: counts[own], negative: counts[1 - own])
      }
    }
    return ranking
  }

  private func mirrored(_ score: Float) -> Float { areProbabilities ? 1 - score : -score }

  private static func key(_ score: Float) -> UInt64 {
    // Both zeros are one.
    let bits = (score == 0 ? 0 : score).bitPattern
    return UInt64(bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits)
  }

  private static func score(_ key: UInt32) -> Double {
    Double(Float(bitPattern: key >> 31 == 1 ? key & 0x7FFF_FFFF : ~key))
  }
}

extension ScoreTally {
  /// To more classes than there are curves for.
  static func objection(to task: MetricTask) -> String? {
    guard let classes = task.classes, classes > mostClasses else { return nil }
    return "is for \(mostClasses) classes at most; the target is \(task.inWords)"
  }

  /// A figure of each class's ranking, put together by an average; a class that has none is left out.
  ///
  /// - Returns: `nil` without examples; NaN where a score is NaN, or no class has one.
  func figure(_ average: Average, _ body: (Ranking) -> Double?) -> Double? {
    if examples == 0 { return nil }
    if average == .binary { return ranking(of: 1).map { body($0) ?? .nan } ?? .nan }
    guard unordered == 0 else { return .nan }
    var figures: [Double?] = []
    var weights: [Double] = []
    for index in 0..<classes {
      let ranking = ranking(of: index)
      let positives = ranking?.totalPositives ?? 0
      figures.append(positives == 0 ? nil : ranking.flatMap(body))
      weights.append(positives)
    }
    return average.mean(figures, weights: weights)
  }
}
