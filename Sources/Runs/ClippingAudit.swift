import JSON
import Store

/// Sums over steps of gradients before and after clipping.
struct ClippingAudit {
  private struct Tally {
    var steps = 0
    var clipped = 0
    /// Of the norms that are finite.
    var sumBefore = 0.0
    var sumAfter = 0.0
    var largestBefore = 0.0
    var largestAfter = 0.0
    var nonFinite = 0
    /// Sum over steps of the share of the squared norm of all parameters.
    var share = 0.0

    mutating func add(before: Double, after: Double, tolerance: Double) {
      steps += 1
      guard before.isFinite, after.isFinite else {
        nonFinite += 1
        return
      }
      if after < before * (1 - tolerance) { clipped += 1 }
      sumBefore += before
      sumAfter += after
      largestBefore = max(largestBefore, before)
      largestAfter = max(largestAfter, after)
    }

    var json: JSONObject {
      let finite = Double(max(steps - nonFinite, 1))
      return JSONObject([
        ("steps", .integer(steps)), ("clipped_steps", .integer(clipped)),
        ("clipped_fraction", .number(steps == 0 ? 0 : Double(clipped) / Double(steps))),
        ("nonfinite_steps", .integer(nonFinite)),
        ("before", ["mean": .number(sumBefore / finite), "max": .number(largestBefore)]),
        ("after", ["mean": .number(sumAfter / finite), "max": .number(largestAfter)]),
      ])
    }
  }

  private let tolerance: Double
  private var all = Tally()
  private var each: [Tally]
  private var norms = EvenSample(capacity: 100_000)

  init(parameters: Int, tolerance: Double) {
    self.tolerance = tolerance
    each = Array(repeating: Tally(), count: parameters)
  }

  /// Takes in a step; its entries are in the order of the parameters.
  mutating func add(before: [GradientSummary?], after: [GradientSummary?]) {
    var (squareBefore, squareAfter) = (0.0, 0.0)
    for index in each.indices {
      let one = Double(before[index]?.norm ?? 0)
      let other = Double(after[index]?.norm ?? 0)
      each[index].add(before: one, after: other, tolerance: tolerance)
      squareBefore += one * one
      squareAfter += other * other
    }
    all.add(
      before: squareBefore.squareRoot(), after: squareAfter.squareRoot(), tolerance: tolerance)
    guard squareBefore.isFinite, squareBefore > 0 else { return }
    norms.add(squareBefore.squareRoot())
    for index in each.indices {
      let norm = Double(before[index]?.norm ?? 0)
      each[index].share += norm * norm / squareBefore
    }
  }

  func json(clip: JSON, names: [ParameterName], suggestedShare: Double) -> JSON {
    var object = JSONObject([("clip", clip)])
    for (name, value) in all.json.members { object[name] = value }
    let quantiles = [0.5, 0.9, 0.99].map { share in
      ("\(share)", norms.quantile(share).map { JSON.number($0) } ?? .null)
    }
    object["quantiles_before"] = .object(JSONObject(quantiles))
    object["suggestion"] =
      norms.quantile(suggestedShare).map { limit in
        .object([
          "clip": .object(["norm": .number(limit)]), "field": "/training/clip",
          "text": .string(
            "A limit of \(Float(limit)) on the norm leaves \(Int(suggestedShare * 100)) % of these steps as they are."
          ),
        ])
      } ?? .null
    object["parameters"] = .array(
      zip(names, each).map { name, tally in
        var entry = JSONObject([("parameter", .string(name.name)), ("layer", .string(name.layer))])
        for (member, value) in tally.json.members { entry[member] = value }
        let finite = Double(max(tally.steps - tally.nonFinite, 1))
        entry["share_of_square"] = .number(tally.share / finite)
        return .object(entry)
      })
    return .object(object)
  }
}

/// At most so many values of a stream, evenly spread over it: all while they fit, then every second, fourth, ….
struct EvenSample {
  private let capacity: Int
  private var stride = 1
  private var seen = 0
  private var values: [Double] = []

  init(capacity: Int) { self.capacity = max(2, capacity) }

  mutating func add(_ value: Double) {
    defer { seen += 1 }
    guard seen % stride == 0 else { return }
    if values.count == capacity {
      values = values.indices.filter { $0 % 2 == 0 }.map { values[$0] }
      stride *= 2
      guard seen % stride == 0 else { return }
    }
    values.append(value)
  }

  /// The value below which a share of the values lies, interpolated between neighbours; `nil` without values.
  func quantile(_ share: Double) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}
