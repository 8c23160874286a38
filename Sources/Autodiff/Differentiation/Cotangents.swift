import Tensors

/// The cotangents that a walk has found so far, added up as they come.
///
/// Those of slices wait for one another: once the slices of a tensor cover it along an axis, their
/// cotangents are put together, in place of adding as many tensors of its size that are mostly 0.
struct Cotangents {
  private var sums: [Value: Value]
  private var places: [Value: [Value]] = [:]

  init(_ loss: Value, _ unit: Value) { sums = [loss: unit] }

  mutating func add(
    _ part: Value, to value: Value, in graph: inout Graph
  ) throws(GraphError) {
    if graph.strip(part) != nil {
      places[value, default: []].append(part)
    } else {
      sums[value] =
        try sums[value].map { (sum) throws(GraphError) in try graph.add(sum, part) }
        ?? part
    }
  }

  /// All that was added for a value; `nil` when nothing was.
  mutating func sum(of value: Value, in graph: inout Graph) throws(GraphError) -> Value? {
    if let waiting = places.removeValue(forKey: value) {
      let parts = try graph.joined(waiting).map { [$0] } ?? waiting
      for part in parts {
        sums[value] =
          try sums[value].map { (sum) throws(GraphError) in try graph.add(sum, part) }
          ?? part
      }
    }
    return sums[value]
  }
}

extension Graph {
  /// What lies along one axis of a tensor of zeros, whole along the others.
  struct Strip {
    let part: Value
    let axis: Int
    let start: Int
    let count: Int
  }

  /// The strip that a value is made of; `nil` when it's no part of a larger tensor, or no whole strip.
  func strip(_ value: Value) -> Strip? {
    let node = nodes[value.index]
    guard case .primitive(let primitive) = node.origin, let place = primitive as? Place,
      place.value == 0, place.steps.allSatisfy({ $0 == 1 })
    else { return nil }
    let part = nodes[node.inputs[0].index].type.shape
    let partial = place.shape.dimensions.indices.filter { part[$0] != place.shape[$0] }
    guard partial.count == 1 else { return nil }
    return Strip(
      part: node.inputs[0], axis: partial[0], start: place.starts[partial[0]],
      count: part[partial[0]])
  }

  /// The sum of tensors that each have a strip, put together; `nil` unless the strips cover the whole once.
  mutating func joined(_ values: [Value]) throws(GraphError) -> Value? {
    let strips = values.compactMap { strip($0) }.sorted { $0.start < $1.start }
    guard let first = strips.first, strips.count == values.count, strips.count > 1,
      strips.allSatisfy({ $0.axis == first.axis })
    else { return nil }
    var end = 0
    for strip in strips {
      guard strip.start == end else { return nil }
      end += strip.count
    }
    guard end == shape(of: values[0])[first.axis] else { return nil }
    return try concatenate(strips.map(\.part), axis: first.axis)
  }
}
