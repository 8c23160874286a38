import Foundation

extension Dataset {
  /// Values of one column from which a median is taken, at most.
  private static let sample = 16_384

  /// What the dataset is to a model that learns from some of its examples alone: the scalings of its columns, and what stands for
  /// missing numbers, are found from those, so that nothing of the others is known before.
  ///
  /// A table's alone; of anything else, and where nothing is to be found, the description is the dataset's own.
  ///
  /// - Complexity: one pass over the examples.
  public func fitted(to examples: ExampleSet) -> DatasetDescription {
    let columns = description.featureColumns
    guard let file = inputFiles.first, !examples.isEmpty, columns.contains(where: \.isFitted) else {
      return description
    }
    let offsets = Column.places(of: columns).offsets
    let isJoint = description.input.series == nil && description.input.shape.rank != 1
    var seen = columns.map { _ in ColumnFit() }
    let every = max(1, examples.count / Dataset.sample)
    let chunk = 256
    var rows = [Float](repeating: 0, count: chunk * file.width)
    for start in stride(from: 0, to: examples.count, by: chunk) {
      let part = Array(examples[start..<min(start + chunk, examples.count)])
      rows.withUnsafeMutableBufferPointer { rows in
        guard let place = rows.baseAddress else { return }
        part.withUnsafeBufferPointer { file.gather(indices: $0, into: place, keepsMissing: true) }
      }
      for row in part.indices {
        let isSampled = (start + row) % every == 0
        for index in columns.indices where columns[index].isFitted {
          let value = Double(rows[row * file.width + offsets[index]])
          if !value.isNaN { seen[index].add(value, isSampled: isSampled) }
        }
      }
    }
    if isJoint {
      var all = ColumnFit()
      for fit in seen { all.numbers.merge(fit.numbers) }
      for index in seen.indices { seen[index].joint = all.numbers }
    }
    var fitted = description.columns
    for (index, column) in columns.enumerated() where column.isFitted {
      // The past of a target has the target's place in the file.
      if let place = fitted.firstIndex(where: { $0.role == .feature && $0.name == column.name }) {
        fitted[place] = seen[index].column(column)
      }
    }
    return description.with(columns: fitted)
  }
}

extension Column {
  /// Whether a run finds its scaling, or what stands for a missing number, from the examples that it trains on.
  fileprivate var isFitted: Bool {
    switch content {
    case .number(_, _, let fill):
      ![.none, .unit].contains(treatment.scaling) || fill != nil && treatment.filling != nil
    case .date: treatment.parts.contains(.time) && ![.none, .unit].contains(treatment.scaling)
    case .category, .unused: false
    }
  }
}

/// What a column's numbers are over some examples, as they are stored.
private struct ColumnFit {
  var numbers = RunningStatistics()
  /// Of all columns, where they share one scaling.
  var joint: RunningStatistics?
  private var sample: [Double] = []

  mutating func add(_ value: Double, isSampled: Bool) {
    numbers.add(value)
    if isSampled { sample.append(value) }
  }

  /// The column with what was found.
  func column(_ column: Column) -> Column {
    let stored: Scaling
    let fill: Double?
    switch column.content {
    case .number(_, let scaling, let known): (stored, fill) = (scaling, known)
    case .date(_, let scaling): (stored, fill) = (scaling, nil)
    case .category, .unused: return column
    }
    guard numbers.count > 0 else { return column }
    let sorted = sample.sorted()
    let own = scaling(column.treatment.scaling, sorted)
    // Of a stored number s = (x - a) / b the new one is (s - c) / d, so of x it is (x - (a + b c)) / (b d).
    let scaling =
      own.map {
        Scaling(
          subtract: stored.subtract + stored.divide * $0.subtract, divide: stored.divide * $0.divide
        )
      } ?? stored
    let middle =
      column.treatment.filling == .median ? ColumnSummary.quantile(sorted, 0.5) : numbers.mean
    let isFilled = fill != nil && column.treatment.filling != nil
    return column.fitted(
      scaling, fill: isFilled ? column.treatment.original(stored.decode(middle)) : fill)
  }

  /// Of stored numbers; `nil` where they stay as they are.
  private func scaling(_ method: ScalingMethod, _ sorted: [Double]) -> Scaling? {
    let statistics = (joint ?? numbers).summary
    switch method {
    case .none, .unit: return nil
    case .standard, .minMax: return method.scaling(for: statistics)
    case .log: return ScalingMethod.standard.scaling(for: statistics)
    case .robust:
      let range = ColumnSummary.quantile(sorted, 0.75) - ColumnSummary.quantile(sorted, 0.25)
      return Scaling(
        subtract: ColumnSummary.quantile(sorted, 0.5),
        divide: range > 0 && range.isFinite ? range : 1)
    }
  }
}

extension DatasetDescription {
  /// The same with other columns.
  fileprivate func with(columns: [Column]) -> DatasetDescription {
    DatasetDescription(
      format: format, examples: examples, input: input, target: target, columns: columns,
      sizeBytes: sizeBytes, sha256: sha256, options: options, arrays: arrays, graph: graph)
  }

  /// Whether another description is of the same upload, whatever its scalings were found from, and whichever version of the
  /// program wrote it.
  public func isSameData(as other: DatasetDescription) -> Bool {
    func bare(_ description: DatasetDescription) -> DatasetDescription {
      description.with(
        columns: description.columns.map { column in
          var bare = column.fitted(.identity, fill: nil)
          bare.summary = nil
          bare.treatment = ColumnTreatment()
          return Column(
            name: bare.name, position: bare.position, role: bare.role, content: bare.content,
            missing: bare.missing, evidence: "")
        })
    }
    return bare(self) == bare(other)
  }
}
