import Foundation
import JSON
import Testing

@testable import Training

/// Range tests' curves against `Fixtures/make_lr_range.py`.
@Suite struct LearningRateCurveTests {
  static let cases: [JSON] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/lr_range.json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSON(parsing: data).array) ?? []
  }()

  private func numbers(_ json: JSON?) -> [Double] { (json?.array ?? []).compactMap(\.double) }

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 5) }

  @Test("rates, smoothed losses and suggestions are those of the rules in NumPy", arguments: cases)
  func matchesReference(expected: JSON) throws {
    let range = try LearningRateRange(#require(expected["test"]))
    let losses = numbers(expected["losses"])
    let curve = LearningRateCurve(range, losses: losses)
    let (rates, smoothed) = (numbers(expected["rates"]), numbers(expected["smoothed"]))
    #expect(curve.points.count == losses.count && rates.count == losses.count)
    for (index, point) in curve.points.enumerated() {
      #expect(point.step == index + 1 && point.loss == losses[index])
      #expect(abs(point.rate - rates[index]) <= 1e-12 * rates[index])
      #expect(abs(point.smoothed - smoothed[index]) <= 1e-9 * abs(smoothed[index]))
    }
    #expect(curve.objection == nil)
    #expect(curve.suggestions.map(\.rule) == LearningRateCurve.Rule.allCases)
    for suggestion in curve.suggestions {
      let rate = try #require(expected[suggestion.rule.rawValue]?.double)
      #expect(abs(suggestion.rate - rate) <= 1e-9 * rate, "\(suggestion)")
      #expect(suggestion.reason.count > 20)
    }
    // The test stops where the reference says.
    var state = LossSmoothing()
    let diverging = losses.firstIndex {
      state.isDiverging(state.add($0, smoothing: range.smoothing), factor: 4)
    }
    #expect(diverging == (expected["diverges"]?.bool == true ? losses.count - 1 : nil))
  }

  @Test("the longest falls are those that a look at every pair finds", arguments: 0..<20)
  func longestFalls(seed: Int) {
    var state = UInt64(seed) &* 7919 &+ 1
    let values = (0..<60).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 59)
    }
    var lengths = [Int](repeating: 1, count: values.count)
    for i in values.indices {
      for j in 0..<i where values[j] > values[i] { lengths[i] = max(lengths[i], lengths[j] + 1) }
    }
    #expect(LearningRateCurve.longestFalls(values) == lengths, "seed \(seed)")
  }

  @Test("where no rate can be suggested it is said why")
  func objections() throws {
    let range = try LearningRateRange([:])
    let growing = LearningRateCurve(range, losses: (0..<100).map { 1 + Double($0) / 10 })
    #expect(growing.suggestions.isEmpty)
    #expect(growing.objection?.contains("never fell") == true)
    // Nothing but noise, seed 1, whose smoothed value falls here and there.
    var state: UInt64 = 1
    let noise = (0..<100).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return 2.3 + Double(state >> 40) / Double(1 << 24) * 0.1
    }
    let flat = LearningRateCurve(range, losses: noise)
    #expect(flat.suggestions.isEmpty)
    #expect(flat.objection?.contains("the smoothed loss") == true)
    let short = LearningRateCurve(range, losses: [2, 1, 0.5, .nan])
    #expect(short.suggestions.isEmpty)
    #expect(short.objection?.contains("only 4 steps") == true)
    #expect(LearningRateCurve(range, losses: []).suggestions.isEmpty)
  }

  static let bad: [(JSON, [String])] = [
    (["min": 1, "max": 1], ["/max"]), (["min": 20], ["/min"]),
    (["min": 0, "max": "x", "steps": 5], ["/min", "/max", "/steps"]),
    (["stop_on_divergence": false, "stop_factor": 3], ["/stop_factor"]),
    (["growth": "cubic", "start": 1], ["/growth", "/start"]), (3, [""]),
  ]

  @Test("a range that is none is refused where it stands", arguments: bad)
  func refuses(json: JSON, pointers: [String]) {
    do {
      _ = try LearningRateRange(json)
      Issue.record("\(json) was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == pointers, "\(error)")
    }
  }
}
