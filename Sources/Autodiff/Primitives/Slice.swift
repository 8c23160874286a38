import Kernels
import Tensors

/// A part of a tensor: along each axis, `counts` places from `starts` on, `steps` apart.
struct Slice: Primitive {
  let starts: [Int]
  let counts: [Int]
  /// Not 0; negative ones go backward.
  let steps: [Int]

  var name: String { "slice" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try Slice.check(starts, counts, steps, inside: inputs[0].shape)
    return TensorType(Shape(counts), inputs[0].element)
  }

  /// Every place lies inside.
  static func check(
    _ starts: [Int], _ counts: [Int], _ steps: [Int], inside shape: Shape
  ) throws(GraphError) {
    guard starts.count == shape.rank, counts.count == shape.rank, steps.count == shape.rank else {
      throw GraphError(
        .rankMismatch, "a slice of \(starts.count) axes of \(shape)",
        rule: "a slice says where it is along every axis")
    }
    for axis in 0..<shape.rank {
      let (span, overflow) = (counts[axis] &- 1).multipliedReportingOverflow(by: steps[axis])
      let (last, outside) = starts[axis].addingReportingOverflow(span)
      let range = 0..<shape[axis]
      guard counts[axis] >= 1, steps[axis] != 0, !overflow, !outside,
        range.contains(starts[axis]), range.contains(last)
      else {
        throw GraphError(
          .axisOutOfRange,
          "\(counts[axis]) places from \(starts[axis]) on, \(steps[axis]) apart, along axis \(axis) of \(shape)",
          rule: "a slice has at least one place along each axis, all inside the tensor")
      }
    }
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    let strides = x.shape.strides
    let offset = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
    context.emit(
      Kernels.copy(
        name, context.element, x: x.pointer + offset * context.element.byteCount,
        xStrides: zip(strides, steps).map { $0 * $1 }, y: y.pointer, yStrides: y.shape.strides,
        extents: y.shape))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let shape = context.type(of: context.inputs[0]).shape
    return [
      try context.graph.apply(
        Place(shape: shape, starts: starts, steps: steps), [context.cotangent])
    ]
  }
}

/// The transpose of a slice: the input at its places in a tensor that else is 0.
struct Place: Primitive {
  let shape: Shape
  let starts: [Int]
  let steps: [Int]
  /// What the rest of the tensor is.
  var value = 0.0

  var name: String { "place" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    try Slice.check(starts, inputs[0].shape.dimensions, steps, inside: shape)
    return TensorType(shape, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    let strides = shape.strides
    let offset = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
    context.emit(Kernels.fill(context.element, y: y.pointer, value: value, count: y.count))
    context.emit(
      Kernels.copy(
        name, context.element, x: x.pointer, xStrides: x.shape.strides,
        y: y.pointer + offset * context.element.byteCount,
        yStrides: zip(strides, steps).map { $0 * $1 }, extents: x.shape))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let counts = context.type(of: context.inputs[0]).shape.dimensions
    return [
      try context.graph.apply(
        Slice(starts: starts, counts: counts, steps: steps), [context.cotangent])
    ]
  }
}

extension Graph {
  /// The places from `starts` to before `stops` along each axis, `steps` apart, as `x[start:stop:step]`.
  public mutating func slice(
    _ x: Value, starts: [Int], stops: [Int], steps: [Int]? = nil
  ) throws(GraphError) -> Value {
    let steps = steps ?? starts.map { _ in 1 }
    guard starts.count == stops.count, starts.count == steps.count, !steps.contains(0) else {
      throw GraphError(
        .invalidSetting, "\(starts.count) starts, \(stops.count) stops and \(steps.count) steps",
        rule: "a slice has a start, a stop and a step, not 0, for each axis", operation: "slice",
        scope: scope, shapes: [shape(of: x)])
    }
    let counts = starts.indices.map { axis in
      let step = steps[axis]
      let span = step > 0 ? stops[axis] &- starts[axis] : starts[axis] &- stops[axis]
      return span <= 0 ? 0 : (span - 1) / abs(step) + 1
    }
    return try apply(Slice(starts: starts, counts: counts, steps: steps), [x])
  }

  /// A range along one axis, all along the others.
  public mutating func slice(
    _ x: Value, axis: Int, _ range: Range<Int>
  ) throws(GraphError) -> Value {
    let shape = try checkedShape(of: x, "slice")
    let axis = try placed(axis, of: shape, "slice")
    if range == 0..<shape[axis] { return x }
    var (starts, stops) = (shape.dimensions.map { _ in 0 }, shape.dimensions)
    (starts[axis], stops[axis]) = (range.lowerBound, range.upperBound)
    return try slice(x, starts: starts, stops: stops)
  }

  /// Parts along an axis, of the given lengths.
  public mutating func split(
    _ x: Value, lengths: [Int], axis: Int
  ) throws(GraphError) -> [Value] {
    let shape = try checkedShape(of: x, "split")
    let place = try placed(axis, of: shape, "split")
    guard !lengths.isEmpty, lengths.allSatisfy({ $0 >= 1 && $0 <= shape[place] }),
      lengths.reduce(0, &+) == shape[place]
    else {
      throw GraphError(
        .shapeMismatch, "parts of \(lengths) along axis \(axis) of \(shape)",
        rule: "the lengths are at least 1 and add up to the axis", operation: "split",
        scope: scope, shapes: [shape])
    }
    var (parts, start): ([Value], Int) = ([], 0)
    for length in lengths {
      parts.append(try slice(x, axis: place, start..<start + length))
      start += length
    }
    return parts
  }

  /// The order along some axes turned round.
  public mutating func flip(_ x: Value, axes: [Int]) throws(GraphError) -> Value {
    let shape = try checkedShape(of: x, "flip")
    var (starts, steps) = (shape.dimensions.map { _ in 0 }, shape.dimensions.map { _ in 1 })
    for axis in axes {
      let place = try placed(axis, of: shape, "flip")
      (starts[place], steps[place]) = (shape[place] - 1, -1)
    }
    return try apply(Slice(starts: starts, counts: shape.dimensions, steps: steps), [x])
  }

  /// A border of one number around the tensor.
  public mutating func pad(
    _ x: Value, before: [Int], after: [Int], value: Double = 0
  ) throws(GraphError) -> Value {
    let shape = try checkedShape(of: x, "pad")
    let limit = Int(Int32.max)
    guard before.count == shape.rank, after.count == shape.rank,
      (before + after).allSatisfy({ (0...limit).contains($0) })
    else {
      throw GraphError(
        .invalidSetting, "borders of \(before) and \(after) around \(shape)",
        rule: "a border is from 0 to \(limit) for each axis", operation: "pad", scope: scope,
        shapes: [shape])
    }
    let padded = Shape((0..<shape.rank).map { before[$0] + shape[$0] + after[$0] })
    return try apply(
      Place(shape: padded, starts: before, steps: before.map { _ in 1 }, value: value), [x])
  }

  /// An axis counted from the front.
  func placed(_ axis: Int, of shape: Shape, _ operation: String) throws(GraphError) -> Int {
    try placed([axis], of: shape, operation)[0]
  }
}

extension Slice {
  static var entries: [PrimitiveEntry] {
    let slices: [(Shape, [Int], [Int], [Int])] = [
      ([5], [1], [4], [1]), ([3, 4], [0, 1], [3, 3], [1, 1]), ([7, 5], [1, 0], [7, 5], [2, 3]),
      ([2, 3, 4], [1, 0, 2], [2, 3, 3], [1, 1, 1]), ([1, 1], [0, 0], [1, 1], [1, 1]),
      ([33, 3], [2, 0], [30, 3], [7, 1]),
    ]
    let flips: [(Shape, [Int])] = [
      ([5], [0]), ([3, 4], [1]), ([2, 3, 4], [0, 2]), ([1], [0]), ([2, 7], [0, 1]),
    ]
    let pads: [(Shape, [Int], [Int], Double)] = [
      ([3], [1], [2], 0), ([2, 3], [0, 1], [2, 0], 1.5), ([1, 1], [1, 1], [1, 1], 0),
      ([2, 1, 3], [1, 0, 2], [0, 0, 1], -1), ([4, 2], [0, 0], [0, 3], 0),
    ]
    let splits: [(Shape, [Int], Int)] = [
      ([6], [2, 4], 0), ([3, 5], [1, 3, 1], 1), ([4, 2], [3, 1], 0), ([2, 3, 4], [2, 2], -1),
      ([2], [1, 1], 0),
    ]
    return [
      PrimitiveEntry(
        "slice",
        cases: slices.map { shape, starts, stops, steps in
          let ranges = zip(zip(starts, stops), steps).map { "\($0.0):\($0.1):\($1)" }
          return PrimitiveCase(
            "slice", [.init(shape)], torch: "a[\(ranges.joined(separator: ", "))]"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.slice(x[0], starts: starts, stops: stops, steps: steps)
          }
        }),
      PrimitiveEntry("place", isDerivativeOf: "slice"),
      PrimitiveEntry(
        "flip", isComposed: true,
        cases: flips.map { shape, axes in
          PrimitiveCase("flip", [.init(shape)], torch: "torch.flip(a, \(axes))") {
            (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.flip(x[0], axes: axes)
          }
        }),
      PrimitiveEntry(
        "pad", isComposed: true,
        cases: pads.map { shape, before, after, value in
          let borders = zip(before, after).reversed().map { "\($0), \($1)" }
          return PrimitiveCase(
            "pad", [.init(shape)],
            torch: "F.pad(a, (\(borders.joined(separator: ", "))), value=\(value))"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.pad(x[0], before: before, after: after, value: value)
          }
        }),
      PrimitiveEntry(
        "split", isComposed: true,
        cases: splits.map { shape, lengths, axis in
          // The parts, each times its number, put together again.
          PrimitiveCase(
            "split", [.init(shape)],
            torch:
              "torch.cat([p * (i + 1) for i, p in enumerate(torch.split(a, \(lengths), \(axis)))], \(axis))"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            var parts = try graph.split(x[0], lengths: lengths, axis: axis)
            for index in parts.indices {
              parts[index] = try graph.scale(parts[index], by: Double(index + 1))
            }
            return try graph.concatenate(parts, axis: axis)
          }
        }),
    ]
  }
}
