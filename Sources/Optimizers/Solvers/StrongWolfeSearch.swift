import Autodiff

/// A search along a line for a point where the loss has fallen enough and its slope has flattened enough.
///
/// `f(t) <= f(0) + c₁ t f'(0)` and `|f'(t)| <= c₂ |f'(0)|`. A bracket is found by going further and further, then narrowed; each
/// next point is the minimum of the cubic through two, kept off the bracket's ends.
/// Nocedal and Wright 2006, "Numerical Optimization", algorithms 3.5 and 3.6, formula 3.59.
struct StrongWolfeSearch {
  /// The loss and its slope at one point of the line, with the gradient there.
  struct Point {
    var length: Double
    var loss: Double
    var slope: Double
    var gradient: ParameterStore
  }

  /// c₁ and c₂.
  let decrease = 1e-4
  let curvature = 0.9
  /// Below this the bracket is narrow enough.
  let leastChange: Double
  /// Points that are looked at beside the first.
  let mostRounds: Int
  /// How far a step may be extended, and by what share of the bracket a point stays off its ends.
  private let stretch = (least: 0.01, most: 10.0)
  private let margin = 0.1

  /// - Parameters:
  ///   - start: the point at 0.
  ///   - length: of the first step.
  ///   - largest: the largest element of the direction.
  ///   - evaluate: the point at a length; the gradient goes into a vector that none of `held` has.
  /// - Returns: the best point, and how many were looked at.
  func run(
    from start: Point, length: Double, largest: Double,
    evaluate: (_ length: Double, _ held: [Point]) -> Point
  ) -> (point: Point, evaluations: Int) {
    var evaluations = 1
    var previous = start
    var current = evaluate(length, [start])
    var bracket: [Point] = []
    var rounds = 0
    func isTooHigh(_ point: Point) -> Bool {
      !(point.loss <= start.loss + decrease * point.length * start.slope)
    }
    func isFlat(_ point: Point) -> Bool { abs(point.slope) <= -curvature * start.slope }

    while rounds < mostRounds, bracket.isEmpty {
      if isTooHigh(current) || (rounds > 1 && current.loss >= previous.loss) {
        bracket = [previous, current]
      } else if isFlat(current) {
        return (current, evaluations)
      } else if current.slope >= 0 {
        bracket = [previous, current]
      } else {
        let next = StrongWolfeSearch.minimum(
          previous, current,
          within: (
            current.length + stretch.least * (current.length - previous.length),
            current.length * stretch.most
          ))
        let point = evaluate(next, [start, current])
        (previous, current) = (current, point)
        evaluations += 1
        rounds += 1
      }
    }
    if bracket.isEmpty { bracket = [start, current] }

    var low = bracket[0].loss <= bracket[1].loss ? 0 : 1
    // A loss that isn't a number is the worse one.
    if bracket[0].loss.isNaN { low = 1 } else if bracket[1].loss.isNaN { low = 0 }
    var isStuck = false
    while rounds < mostRounds {
      let (first, last) = (
        min(bracket[0].length, bracket[1].length), max(bracket[0].length, bracket[1].length)
      )
      if (last - first) * largest < leastChange { break }
      var length = StrongWolfeSearch.minimum(bracket[0], bracket[1])
      let distance = margin * (last - first)
      if min(last - length, length - first) < distance {
        // Too near to an end, for the second time or beyond it.
        if isStuck || length >= last || length <= first {
          length = abs(length - last) < abs(length - first) ? last - distance : first + distance
          isStuck = false
        } else {
          isStuck = true
        }
      } else {
        isStuck = false
      }
      let point = evaluate(length, [start] + bracket)
      evaluations += 1
      rounds += 1
      if isTooHigh(point) || !(point.loss < bracket[low].loss) {
        bracket[1 - low] = point
        low = bracket[0].loss <= bracket[1].loss ? 0 : 1
      } else {
        let isDone = isFlat(point)
        if !isDone, point.slope * (bracket[1 - low].length - bracket[low].length) >= 0 {
          bracket[1 - low] = bracket[low]
        }
        bracket[low] = point
        if isDone { break }
      }
    }
    return (bracket[low], evaluations)
  }

  /// Where the cubic through two points and their slopes is least, within bounds; their middle when there's no such place.
  static func minimum(
    _ one: Point, _ other: Point, within bounds: (least: Double, most: Double)? = nil
  ) -> Double {
    let (left, right) = one.length <= other.length ? (one, other) : (other, one)
    let bounds = bounds ?? (left.length, right.length)
    let chord =
      left.slope + right.slope - 3 * (left.loss - right.loss) / (left.length - right.length)
    let square = chord * chord - left.slope * right.slope
    guard square >= 0 else { return (bounds.least + bounds.most) / 2 }
    let root = square.squareRoot()
    let place =
      right.length - (right.length - left.length)
      * ((right.slope + root - chord) / (right.slope - left.slope + 2 * root))
    return place.isNaN
      ? (bounds.least + bounds.most) / 2 : min(max(place, bounds.least), bounds.most)
  }
}
