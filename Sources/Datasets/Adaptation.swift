import CTables
import Tensors

/// How stored inputs become what another dataset's would be.
///
/// Two files of one origin are imported with means, ranges and categories of their own. A model that was
/// trained on the one must be given the other as if it were of the first: every number of a row is
/// `base[j] + Σ factor · stored[i]` over the terms that lead to `j`. A row is an example, or one of a window's.
struct RowAdaptation: Sendable {
  struct Term: Sendable {
    let source: Int
    let destination: Int
    let factor: Float
  }

  let base: [Float]
  let terms: [Term]
  /// What then stands in place of the numbers of categories' values.
  let lookups: [ValueLookup]
  /// Where every number comes from that at its own place, what it is multiplied by; empty elsewhere.
  private let factors: [Float]

  init(base: [Float], terms: [Term], lookups: [ValueLookup] = []) {
    self.base = base
    self.terms = terms
    self.lookups = lookups
    let isPlain =
      terms.count == base.count
      && terms.enumerated().allSatisfy { $1.source == $0 && $1.destination == $0 }
    factors = isPlain ? terms.map(\.factor) : []
  }

  /// Writes one row of numbers that lie one after the other.
  func adapt(_ stored: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    if factors.isEmpty {
      adapt(into: output) { stored[$0] }
    } else {
      tb_rescale(base, factors, stored, output, base.count)
    }
  }

  /// Numbers of one adapted row.
  var width: Int { base.count }

  /// Writes one row.
  @inline(__always)
  func adapt(into output: UnsafeMutablePointer<Float>, _ stored: (Int) -> Float) {
    for position in base.indices { output[position] = base[position] }
    for term in terms { output[term.destination] += term.factor * stored(term.source) }
  }
}

/// How stored targets become what another dataset's would be.
struct TargetAdaptation: Sendable {
  /// The reference's class for each class of this dataset.
  let classes: [Int32]
  /// For each number of a vector target: what's multiplied and what's added.
  let scaling: [(factor: Float, summand: Float)]

  func classIndex(_ stored: Int32) -> Int32 { classes[Int(stored)] }

  /// Rewrites gathered targets of `count` examples in place.
  ///
  /// - Parameter places: how many classes each example has; a negative number is no class, and stays.
  func adapt(_ targets: UnsafeMutableRawPointer, count: Int, places: Int) {
    if !classes.isEmpty {
      let indices = targets.assumingMemoryBound(to: Int32.self)
      for row in 0..<count * places where indices[row] >= 0 {
        indices[row] = classIndex(indices[row])
      }
    }
    guard !scaling.isEmpty else { return }
    let numbers = targets.assumingMemoryBound(to: Float.self)
    for row in 0..<count {
      for column in scaling.indices {
        let position = row * scaling.count + column
        numbers[position] = numbers[position] * scaling[column].factor + scaling[column].summand
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
    if description.graph != nil || reference.graph != nil {
      if let fault = graphFault(reference) { throw DatasetError(.option, fault) }
      return self
    }
    let order = try Order(description, like: reference)
    if order.isPlain, description.columns == reference.columns,
      zip(description.namedInputs, reference.namedInputs).allSatisfy({
        $0.input.shape == $1.input.shape && $0.input.scalings == $1.input.scalings
      }),
      zip(description.namedTargets, reference.namedTargets).allSatisfy({
        $0.target.isLike($1.target)
      })
    {
      return self
    }
    var inputs: [InputFile] = []
    var adaptedInputs: [DatasetDescription.Input] = []
    for (place, wanted) in reference.namedInputs.enumerated() {
      let own = description.only(input: order.inputs[place])
      let adaptation = try own.adaptation(to: reference.only(input: place), named: wanted.name)
      inputs.append(
        InputFile(
          inputFiles[order.inputs[place]], adaptation: adaptation, columns: reference.columns,
          padding: StepPadding(of: reference)))
      adaptedInputs.append(
        .init(
          shape: wanted.input.shape, stored: .float32, scalings: wanted.input.scalings,
          statistics: own.input.statistics, series: own.input.series,
          padding: own.input.padding.map { wanted.input.padding ?? $0 }))
    }
    var targets: [TargetFile] = []
    var adaptedTargets: [DatasetDescription.Target] = []
    for (place, wanted) in reference.namedTargets.enumerated() {
      let own = description.namedTargets[order.targets[place]].target
      let adaptation = try own.adaptation(to: wanted.target, named: wanted.name)
      targets.append(TargetFile(targetFiles[order.targets[place]], adaptation: adaptation))
      adaptedTargets.append(own.adapted(to: wanted.target, classes: adaptation.classes))
    }
    return Dataset(
      self, inputs: inputs, targets: targets,
      description: DatasetDescription(
        format: description.format, examples: examples, input: adaptedInputs[0],
        target: adaptedTargets[0], columns: reference.columns, sizeBytes: description.sizeBytes,
        sha256: description.sha256, options: description.options,
        arrays: reference.arrays.map { arrays in
          .init(
            inputs: zip(arrays.inputs, adaptedInputs).map { .init(name: $0.name, input: $1) },
            targets: zip(arrays.targets, adaptedTargets).map { .init(name: $0.name, target: $1) })
        }))
  }

  /// A graph can't take another's place, but for one of the same features and classes.
  private func graphFault(_ reference: DatasetDescription) -> String? {
    if (reference.graph == nil) != (description.graph == nil) {
      return reference.graph == nil
        ? "this dataset is a graph, and the reference is none"
        : "the reference is a graph, and this dataset is none"
    }
    return inputShape == reference.inputShape && description.target.isLike(reference.target)
      ? nil : "the two graphs differ in features or classes; graphs aren't adapted to each other"
  }

  /// Which of this dataset's arrays is which of the reference's, by their names.
  private struct Order {
    let inputs: [Int]
    let targets: [Int]
    /// Whether each is where it is in the reference.
    let isPlain: Bool

    init(
      _ own: DatasetDescription, like reference: DatasetDescription
    ) throws(DatasetError) {
      inputs = try Order.places(
        own.namedInputs.map(\.name), like: reference.namedInputs.map(\.name), "input")
      targets = try Order.places(
        own.namedTargets.map(\.name), like: reference.namedTargets.map(\.name), "target")
      isPlain =
        inputs == Array(own.namedInputs.indices) && targets == Array(own.namedTargets.indices)
    }

    private static func places(
      _ own: [String?], like wanted: [String?], _ kind: String
    ) throws(DatasetError) -> [Int] {
      // An only one needs no name.
      if own.count == 1, wanted.count == 1 { return [0] }
      var places: [Int] = []
      for name in wanted {
        guard let place = own.firstIndex(of: name) else {
          throw DatasetError(
            .option, "the reference has the \(kind) \"\(name ?? kind)\", and this dataset hasn't")
        }
        places.append(place)
      }
      return places
    }
  }
}

extension DatasetDescription {
  fileprivate func adaptation(
    to reference: DatasetDescription, named name: String?
  ) throws(DatasetError) -> RowAdaptation {
    guard !reference.columns.isEmpty, !columns.isEmpty else {
      guard reference.columns.isEmpty, columns.isEmpty, inputShape == reference.inputShape else {
        throw DatasetError(
          .option,
          "an example\(name.map { " of \"\($0)\"" } ?? "") has shape \(inputShape), where the "
            + "reference has \(reference.inputShape)"
            + (reference.columns.isEmpty ? "" : " made of columns"))
      }
      var base = [Float](repeating: 0, count: inputShape.count)
      let terms = base.indices.map { index in
        base.rescale(
          index, to: index, from: scaling(ofElement: index), to: reference.scaling(ofElement: index)
        )
      }
      return RowAdaptation(base: base, terms: terms)
    }
    guard input.series?.length == reference.input.series?.length else {
      throw DatasetError(
        .option,
        "an example has shape \(inputShape), where the reference has \(reference.inputShape)")
    }
    var base = [Float](repeating: 0, count: Column.places(of: reference.featureColumns).width)
    var lookups: [ValueLookup] = []
    let terms = try adaptColumns(to: reference, base: &base, lookups: &lookups)
    return RowAdaptation(base: base, terms: terms, lookups: lookups)
  }

  private func adaptColumns(
    to reference: DatasetDescription, base: inout [Float], lookups: inout [ValueLookup]
  ) throws(DatasetError) -> [RowAdaptation.Term] {
    let own = featureColumns
    let (sources, destinations) = (
      Column.places(of: own).offsets, Column.places(of: reference.featureColumns).offsets
    )
    var terms: [RowAdaptation.Term] = []
    for (cell, column) in reference.featureColumns.enumerated() {
      func refusal(_ message: String) -> DatasetError {
        DatasetError(.option, message, column: column.position, columnName: column.name)
      }
      guard let index = own.firstIndex(where: { $0.name == column.name }) else {
        throw refusal("the reference has this feature column, and this dataset hasn't")
      }
      let (source, destination) = (sources[index], destinations[cell])
      func carry(_ place: Int, to other: Int) {
        terms.append(.init(source: source + place, destination: destination + other, factor: 1))
      }
      let (treatment, other) = (column.treatment, own[index].treatment)
      guard treatment.isLike(other) else {
        throw refusal(
          "is encoded otherwise in this dataset; upload it with the reference's options")
      }
      if treatment.hasIndicator, other.hasIndicator {
        carry(own[index].width - 1, to: column.width - 1)
      }
      switch (own[index].content, column.content) {
      case (.number(_, let found, _), .number(_, let scaling, _)):
        terms.append(base.rescale(source, to: destination, from: found, to: scaling))
      case (.date(_, let found), .date(_, let scaling)):
        // Time is scaled; what comes round again is the same everywhere.
        let hasTime = treatment.parts.contains(.time)
        if hasTime {
          terms.append(base.rescale(source, to: destination, from: found, to: scaling))
        }
        for place in (hasTime ? 1 : 0)..<treatment.parts.width { carry(place, to: place) }
      case (.category(let found, _, _), .category)
      where treatment.encoding.isLookedUp:
        carry(0, to: 0)
        lookups.append(
          try own[index].lookup(of: found, as: column, at: destination, refusal: refusal))
      case (.category(let found, _, _), .category(let values, _, _))
      where treatment.encoding != .oneHot:
        if treatment.encoding == .ordinal, found != values {
          throw refusal(
            "has other values in this dataset, whose order is another; upload it as one_hot")
        }
        let width = column.width - (treatment.hasIndicator ? 1 : 0)
        for place in 0..<width { carry(place, to: place) }
      case (.category(let found, _, _), .category(let values, _, _)):
        for (position, value) in found.enumerated() {
          guard let place = values.firstIndex(of: value) else { throw refusal(unknown(value)) }
          carry(position, to: place)
        }
      default: throw refusal("holds another kind of values in the one dataset than in the other")
      }
    }
    return terms
  }
}

private func unknown(_ value: String) -> String {
  "the value \"\(value.prefix(80))\" is none that the reference has"
}

extension Column {
  /// What stands for values whose numbers are stored, as they are those of another dataset's column.
  ///
  /// A value that was never seen is nothing to learn from where the target is the code, and refused where each has a vector of its own.
  fileprivate func lookup(
    of found: [String], as column: Column, at position: Int, refusal: (String) -> DatasetError
  ) throws(DatasetError) -> ValueLookup {
    let places = Dictionary(
      column.values.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    guard treatment.encoding == .target else {
      if let value = found.first(where: { places[$0] == nil }) { throw refusal(unknown(value)) }
      return ValueLookup(
        position: position, values: column.values.count,
        codes: column.values.indices.map(Float.init), isByTarget: false,
        places: found.map { places[$0] ?? -1 })
    }
    return ValueLookup(
      position: position, values: column.values.count, codes: column.codes, isByTarget: true,
      places: found.map { places[$0] ?? -1 })
  }
}

extension DatasetDescription.Target {
  fileprivate func adaptation(
    to reference: DatasetDescription.Target, named name: String?
  ) throws(DatasetError) -> TargetAdaptation {
    switch (self, reference) {
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
      return TargetAdaptation(classes: classes, scaling: [])
    case (.vector(let shape, let found, _), .vector(let wantedShape, let wanted, _))
    where shape == wantedShape && found.count == wanted.count:
      let pairs = (0..<shape.count).map { index -> (factor: Float, summand: Float) in
        let (from, to) = (found[index % found.count], wanted[index % wanted.count])
        return (Float(from.divide / to.divide), Float((from.subtract - to.subtract) / to.divide))
      }
      return TargetAdaptation(classes: [], scaling: pairs)
    default: break
    }
    throw DatasetError(
      .option,
      "the target\(name.map { " \"\($0)\"" } ?? "") is a \(kind) of shape \(shape), where the reference "
        + "has a "
        + "\(reference.kind) of shape \(reference.shape)")
  }
}

extension [Float] {
  /// The term that takes a number from one scaling to another; what it adds goes to the base.
  fileprivate mutating func rescale(
    _ source: Int, to destination: Int, from: Scaling, to: Scaling
  ) -> RowAdaptation.Term {
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
