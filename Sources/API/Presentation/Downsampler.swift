/// Thins a series to a number of points, and keeps its extremes.
///
/// Everything is kept while it fits. Beyond that the steps are cut into equal stretches, and each
/// keeps its least and its largest point; what isn't finite counts as larger than anything.
struct Downsampler<Point> {
  private struct Stretch {
    var least: Point
    var largest: Point
  }

  private let limit: Int
  private let steps: ClosedRange<Int>
  private let step: (Point) -> Int
  private let size: (Point) -> Double
  private var all: [Point] = []
  /// Empty while everything fits.
  private var stretches: [Stretch?] = []

  /// - Parameters:
  ///   - limit: how many points stay at most; at least 1.
  ///   - steps: a range that holds every point's step.
  ///   - size: what extremes are of; NaN for what isn't finite.
  init(
    limit: Int, steps: ClosedRange<Int>, step: @escaping (Point) -> Int,
    size: @escaping (Point) -> Double
  ) {
    self.limit = max(1, limit)
    self.steps = steps
    self.step = step
    self.size = size
  }

  /// Adds a point; they come in the order of their steps.
  mutating func add(_ point: Point) {
    if stretches.isEmpty {
      all.append(point)
      if all.count <= limit { return }
      stretches = Array(repeating: nil, count: max(1, limit / 2))
      for earlier in all { place(earlier) }
      all = []
    } else {
      place(point)
    }
  }

  /// What stays, in order.
  var points: [Point] {
    if stretches.isEmpty { return all }
    return stretches.flatMap { stretch -> [Point] in
      guard let stretch else { return [] }
      let (first, second) = (step(stretch.least), step(stretch.largest))
      if first == second || limit == 1 { return [stretch.largest] }
      return first < second
        ? [stretch.least, stretch.largest] : [stretch.largest, stretch.least]
    }
  }

  private mutating func place(_ point: Point) {
    let offset = min(max(step(point) - steps.lowerBound, 0), steps.count - 1)
    let index = Int(Double(offset) / Double(steps.count) * Double(stretches.count))
    guard var stretch = stretches[index] else {
      stretches[index] = Stretch(least: point, largest: point)
      return
    }
    if rank(point) < rank(stretch.least) { stretch.least = point }
    if rank(point) > rank(stretch.largest) { stretch.largest = point }
    stretches[index] = stretch
  }

  private func rank(_ point: Point) -> Double {
    let size = size(point)
    return size.isNaN ? .infinity : size
  }
}
