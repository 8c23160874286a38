import Tensors

/// How stored examples become what another dataset's would be.
///
/// Two files of one origin are imported with means, ranges, categories and classes of their own. A
/// model that was trained on the one must be given the other as if it were of the first: every
/// input is `base[j] + Σ factor · stored[i]` over the terms that lead to `j`.
struct Adaptation: Sendable {
  struct Term: Sendable {
    let source: Int
    let destination: Int
    let factor: Float
  }

  let base: [Float]
  let terms: [Term]
  /// The reference's class for each class of this dataset.
  let classes: [Int32]
  /// For each number of a vector target: what's multiplied and what's added.
  let targetScaling: [(factor: Float, summand: Float)]

  /// Numbers of one adapted example.
  var width: Int { base.count }

  /// Writes one example.
  @inline(__always)
  func adapt(into output: UnsafeMutablePointer<Float>, _ stored: (Int) -> Float) {
    for position in base.indices { output[position] = base[position] }
    for term in terms { output[term.destination] += term.factor * stored(term.source) }
  }

  func classIndex(_ stored: Int32) -> Int32 { classes[Int(stored)] }

  /// Rewrites gathered targets of `count` examples in place.
  ///
  /// - Parameter places: how many classes each example has; a negative number is no class, and stays.
  func adaptTargets(_ targets: UnsafeMutableRawPointer, count: Int, places: Int) {
    if !classes.isEmpty {
      let indices = targets.assumingMemoryBound(to: Int32.self)
      for row in 0..<count * places where indices[row] >= 0 {
        indices[row] = classIndex(indices[row])
      }
    }
    guard !targetScaling.isEmpty else { return }
    let numbers = targets.assumingMemoryBound(to: Float.self)
    for row in 0..<count {
      for (column, scaling) in targetScaling.enumerated() {
        let position = row * targetScaling.count + column
        numbers[position] = numbers[position] * scaling.factor + scaling.summand
      }
    }
  }
}

extension Dataset {
  /// This dataset as one of the same kind as `reference`: its columns, scalings, categories and
  /// classes, so that a model trained on the reference can be validated or tested on this.
  ///
  /// Tables are matched by the columns' names, classes by theirs; this dataset may have columns and
  /// lack classes or categories that the reference doesn't, or has.
  ///
  /// - Throws: `DatasetError` of code `option` that names the column, value, class or shape for which
  ///   the reference has no place.
  public func adapted(to reference: DatasetDescription) throws(DatasetError) -> Dataset {
    if let tokens { return try adaptedText(tokens, to: reference) }
    if reference.input.windows != nil {
      throw DatasetError(
        .option, "the reference is a text, and this dataset is \(description.format.rawValue)")
    }
    if inputShape == reference.inputShape,
      description.input.scalings == reference.input.scalings,
      description.columns == reference.columns,
      description.target.isLike(reference.target)
    {
      return self
    }
    var base = [Float](repeating: 0, count: reference.input.shape.count)
    var terms: [Adaptation.Term] = []
    if reference.columns.isEmpty || description.columns.isEmpty {
      guard reference.columns.isEmpty, description.columns.isEmpty,
        inputShape == reference.inputShape
      else {
        throw DatasetError(
          .option,
          "an example has shape \(inputShape), where the reference has "
            + "\(reference.inputShape)" + (reference.columns.isEmpty ? "" : " made of columns"))
      }
      for index in base.indices {
        terms.append(
          base.rescale(
            index, to: index, from: description.scaling(ofElement: index),
            to: reference.scaling(ofElement: index)))
      }
    } else {
      terms = try adaptColumns(to: reference, base: &base)
    }
    let (classes, targetScaling) = try adaptTarget(to: reference.target)
    let adaptation = Adaptation(
      base: base, terms: terms, classes: classes, targetScaling: targetScaling)
    return Dataset(
      self, adaptation: adaptation,
      description: DatasetDescription(
        format: description.format, examples: examples,
        input: .init(
          shape: reference.inputShape, stored: .float32, scalings: reference.input.scalings,
          statistics: description.input.statistics),
        target: target.adapted(to: reference.target, classes: classes), columns: reference.columns,
        sizeBytes: description.sizeBytes, sha256: description.sha256, options: description.options))
  }

  private func adaptColumns(
    to reference: DatasetDescription, base: inout [Float]
  ) throws(DatasetError) -> [Adaptation.Term] {
    let own = TableEncoder(columns: description.columns)
    let wanted = TableEncoder(columns: reference.columns)
    var terms: [Adaptation.Term] = []
    for (cell, column) in wanted.columns.enumerated() {
      func refusal(_ message: String) -> DatasetError {
        DatasetError(.option, message, column: column.position, columnName: column.name)
      }
      guard let index = own.columns.firstIndex(where: { $0.name == column.name }) else {
        throw refusal("the reference has this feature column, and this dataset hasn't")
      }
      let (source, destination) = (own.offsets[index], wanted.offsets[cell])
      switch (own.columns[index].content, column.content) {
      case (.number(_, let found, _), .number(_, let scaling, _)):
        terms.append(base.rescale(source, to: destination, from: found, to: scaling))
      case (.category(let found, _, _), .category(let values, _, _)):
        for (position, value) in found.enumerated() {
          guard let place = values.firstIndex(of: value) else {
            throw refusal("the value \"\(value.prefix(80))\" is none that the reference has")
          }
          terms.append(
            .init(source: source + position, destination: destination + place, factor: 1))
        }
      default: throw refusal("holds numbers in one dataset and categories in the other")
      }
    }
    return terms
  }

  private func adaptTarget(
    to reference: DatasetDescription.Target
  ) throws(DatasetError) -> (classes: [Int32], scaling: [(factor: Float, summand: Float)]) {
    switch (target, reference) {
    case (.sequence(_, _, let shape), .sequence(_, _, let wanted)) where shape != wanted:
      break
    case (.classes(let names, let counts), .classes(let known, _)),
      (.sequence(let names, let counts, _), .sequence(let known, _, _)):
      var classes: [Int32] = []
      for (index, name) in names.enumerated() {
        if let place = known.firstIndex(of: name) {
          classes.append(Int32(place))
        } else if counts[index] == 0 {
          classes.append(0)
        } else {
          throw DatasetError(
            .option,
            "the class \"\(name.prefix(80))\" is none of the reference's: "
              + known.prefix(20).joined(separator: ", "))
        }
      }
      return (classes, [])
    case (.vector(let shape, let found, _), .vector(let wantedShape, let wanted, _))
    where shape == wantedShape && found.count == wanted.count:
      let pairs = (0..<shape.count).map { index -> (factor: Float, summand: Float) in
        let (from, to) = (found[index % found.count], wanted[index % wanted.count])
        return (Float(from.divide / to.divide), Float((from.subtract - to.subtract) / to.divide))
      }
      return ([], pairs)
    default: break
    }
    throw DatasetError(
      .option,
      "the target is a \(target.kind) of shape \(target.shape), where the reference has a "
        + "\(reference.kind) of shape \(reference.shape)")
  }
}

extension [Float] {
  /// The term that takes a number from one scaling to another; what it adds goes to the base.
  fileprivate mutating func rescale(
    _ source: Int, to destination: Int, from: Scaling, to: Scaling
  ) -> Adaptation.Term {
    self[destination] = Float((from.subtract - to.subtract) / to.divide)
    return .init(
      source: source, destination: destination, factor: Float(from.divide / to.divide))
  }
}

extension DatasetDescription.Target {
  /// Whether targets are gathered alike: the same classes, or the same shape and scalings.
  fileprivate func isLike(_ other: Self) -> Bool {
    switch (self, other) {
    case (.classes(let names, _), .classes(let others, _)): names == others
    case (.sequence(let names, _, let shape), .sequence(let others, _, let otherShape)):
      names == others && shape == otherShape
    case (.vector(let shape, let scalings, _), .vector(let otherShape, let others, _)):
      shape == otherShape && scalings == others
    default: false
    }
  }

  /// The reference's classes with this dataset's counts, or its scalings with this one's statistics.
  fileprivate func adapted(to reference: Self, classes: [Int32]) -> Self {
    switch (self, reference) {
    case (.classes(_, let counts), .classes(let names, _)):
      var adapted = [Int](repeating: 0, count: names.count)
      for (index, place) in classes.enumerated() { adapted[Int(place)] += counts[index] }
      return .classes(names: names, counts: adapted)
    case (.sequence(_, let counts, _), .sequence(let names, _, let shape)):
      var adapted = [Int](repeating: 0, count: names.count)
      for (index, place) in classes.enumerated() { adapted[Int(place)] += counts[index] }
      return .sequence(names: names, counts: adapted, shape: shape)
    case (.vector(_, _, let statistics), .vector(let shape, let scalings, _)):
      return .vector(shape: shape, scalings: scalings, statistics: statistics)
    default: return reference
    }
  }
}
