import Foundation

extension Dataset {
  /// Values of one column from which a median is taken, at most.
  private static let sample = 16_384

  /// What the dataset is to a model that learns from some of its examples alone: the scalings of its columns, arrays and targets, and what
  /// stands for missing numbers, are found from those, so that nothing of the others is known before.
  ///
  /// Where nothing is to be found the description is the dataset's own.
  ///
  /// - Complexity: one pass over the examples.
  public func fitted(to examples: ExampleSet) -> DatasetDescription {
    guard !examples.isEmpty, isFittedByRuns,
      let options = try? ImportOptions(canonical: description.options)
    else { return description }
    var columns = fittedColumns(to: examples)
    if let codes = targetCodes(of: examples) { columns = columns.with(codes: codes.codes) }
    return description.with(
      columns: columns,
      inputs: description.namedInputs.enumerated().map { index, named in
        let method = options.ofArray(named.name ?? "").scale ?? .unit
        guard description.columns.isEmpty, named.input.stored == .float32, method.isFitted else {
          return named.input
        }
        return named.input.with(
          scalings: fitted(
            named.input.scalings, method, width: inputFiles[index].width, to: examples,
            realCount: inputFiles[index].realCount
          ) {
            inputFiles[index].gather(indices: $0, into: $1)
          })
      },
      targets: description.namedTargets.enumerated().map { index, named in
        let method = options.ofArray(named.name ?? "").targetScale
        guard case .vector(let shape, let scalings, let statistics) = named.target, method.isFitted
        else { return named.target }
        let found = fitted(scalings, method, width: shape.count, to: examples) {
          targetFiles[index].gather(indices: $0, into: UnsafeMutableRawPointer($1))
        }
        return .vector(shape: shape, scalings: found, statistics: statistics)
      })
  }

  /// Whether there is anything that a run finds from its own examples.
  public var isFittedByRuns: Bool {
    guard !inputFiles.isEmpty, let options = try? ImportOptions(canonical: description.options)
    else { return false }
    return description.featureColumns.contains(where: \.isFitted)
      || description.columns.haveTargetCodes
      || description.namedInputs.contains {
        description.columns.isEmpty && options.ofArray($0.name ?? "").scale?.isFitted == true
      }
      || description.namedTargets.contains {
        $0.target.kind == .vector && options.ofArray($0.name ?? "").targetScale.isFitted
      }
  }

  /// What stands for the values of categories that are encoded by the target; `nil` where there are none.
  private func targetCodes(of examples: ExampleSet) -> TargetCodes? {
    guard let inputs = inputFiles.first, let targets = targetFiles.first else { return nil }
    return TargetCodes(of: examples, inputs: inputs, targets: targets, description.target)
  }

  /// The same for a model that learns from some examples: each of those is told by the others alone what the target is where its categories occur.
  public func crossFitted(to examples: ExampleSet?) -> Dataset {
    let examples = examples ?? ExampleSet(0..<self.examples)
    guard let codes = targetCodes(of: examples) else { return self }
    // Only what is found by the target differs from fold to fold.
    let lookups = codes.codesByFold.map { codes in
      var codes = codes[...]
      return inputFiles[0].lookups.map { $0.isByTarget ? $0.with(codes: codes.removeFirst()) : $0 }
    }
    return Dataset(
      self, inputs: [InputFile(inputFiles[0], training: examples, lookups: lookups)],
      targets: targetFiles, description: description)
  }

  /// Scalings of numbers that are stored with others.
  ///
  /// - Parameters:
  ///   - stored: one for each number of an example, or one for all.
  ///   - realCount: how many of an example's numbers count.
  ///   - gather: writes examples, as they are stored.
  private func fitted(
    _ stored: [Scaling], _ method: ScalingMethod, width: Int, to examples: ExampleSet,
    realCount: (Int) -> Int = { _ in .max },
    gather: (UnsafeBufferPointer<Int>, UnsafeMutablePointer<Float>) -> Void
  ) -> [Scaling] {
    guard !stored.isEmpty else { return stored }
    var seen = stored.map { _ in RunningStatistics() }
    let chunk = max(1, min(256, (1 << 20) / max(width, 1)))
    var rows = [Float](repeating: 0, count: chunk * width)
    for start in stride(from: 0, to: examples.count, by: chunk) {
      let part = Array(examples[start..<min(start + chunk, examples.count)])
      rows.withUnsafeMutableBufferPointer { rows in
        guard let place = rows.baseAddress else { return }
        part.withUnsafeBufferPointer { gather($0, place) }
        for (row, example) in part.enumerated() {
          for index in 0..<min(width, realCount(example)) {
            seen[index % seen.count].add(Double(rows[row * width + index]))
          }
        }
      }
    }
    return zip(stored, seen).map { stored, seen in
      seen.count > 0 ? stored.followed(by: method.scaling(for: seen.summary)) : stored
    }
  }

  private func fittedColumns(to examples: ExampleSet) -> [Column] {
    let columns = description.featureColumns
    guard let file = inputFiles.first, columns.contains(where: \.isFitted) else {
      return description.columns
    }
    let isJoint = description.input.series == nil && description.input.shape.rank != 1
    var seen = columns.map { ColumnFit($0) }
    if columns.contains(where: \.treatment.findsClip) {
      forEachNumber(of: columns, file, examples) { index, value, isSampled in
        if columns[index].treatment.findsClip { seen[index].sample(value, isSampled: isSampled) }
      }
      for index in columns.indices { seen[index].clip() }
    }
    forEachNumber(of: columns, file, examples) { seen[$0].add($1, isSampled: $2) }
    if isJoint {
      var all = RunningStatistics()
      for fit in seen { all.merge(fit.numbers) }
      for index in seen.indices { seen[index].joint = all }
    }
    var fitted = description.columns
    for (index, column) in columns.enumerated() where column.isFitted {
      // The past of a target has the target's place in the file.
      if let place = fitted.firstIndex(where: { $0.role == .feature && $0.name == column.name }) {
        fitted[place] = seen[index].fitted
      }
    }
    return fitted
  }

  /// Calls `body` with each number of the columns that are fitted, as it is stored: the column, the number, and whether it is one of those from which quantiles
  /// are taken.
  private func forEachNumber(
    of columns: [Column], _ file: InputFile, _ examples: ExampleSet,
    _ body: (Int, Double, Bool) -> Void
  ) {
    let offsets = Column.places(of: columns).offsets
    let every = max(1, examples.count / Dataset.sample)
    let chunk = 256
    var rows = [Float](repeating: 0, count: chunk * file.width)
    for start in stride(from: 0, to: examples.count, by: chunk) {
      let part = Array(examples[start..<min(start + chunk, examples.count)])
      rows.withUnsafeMutableBufferPointer { rows in
        guard let place = rows.baseAddress else { return }
        part.withUnsafeBufferPointer { file.gather(indices: $0, into: place, isStored: true) }
      }
      for row in part.indices {
        let isSampled = (start + row) % every == 0
        for index in columns.indices where columns[index].isFitted {
          let value = Double(rows[row * file.width + offsets[index]])
          if !value.isNaN { body(index, value, isSampled) }
        }
      }
    }
  }
}

extension ScalingMethod {
  /// Whether a scaling depends on the numbers.
  fileprivate var isFitted: Bool { self == .standard || self == .minMax }
}

extension Column {
  /// Whether a run finds its scaling, or what stands for a missing number, from the examples that it trains on.
  fileprivate var isFitted: Bool {
    switch content {
    case .number(_, _, let fill):
      ![.none, .unit].contains(treatment.scaling) || fill != nil && treatment.filling != nil
        || treatment.findsClip
    case .date: treatment.parts.contains(.time) && ![.none, .unit].contains(treatment.scaling)
    case .category, .unused: false
    }
  }
}

/// What a column's numbers are over some examples, as they are stored.
private struct ColumnFit {
  private let column: Column
  /// As the numbers were stored.
  private let stored: Scaling
  private let fill: Double?
  private(set) var numbers = RunningStatistics()
  /// Of all columns, where they share one scaling.
  var joint: RunningStatistics?
  private var sampled: [Double] = []
  private var treatment: ColumnTreatment
  private var range = -Double.infinity...Double.infinity
  /// How often each number occurs, where the most frequent stands for a missing one.
  private var counts: [Double: Int] = [:]

  /// Distinct numbers among which the most frequent is looked for.
  private static let mostCounted = 100_000

  init(_ column: Column) {
    self.column = column
    treatment = column.treatment
    switch column.content {
    case .number(_, let scaling, let known): (stored, fill) = (scaling, known)
    case .date(_, let scaling): (stored, fill) = (scaling, nil)
    case .category, .unused: (stored, fill) = (.identity, nil)
    }
  }

  mutating func sample(_ value: Double, isSampled: Bool) {
    // A column of few numbers may have none in the sample.
    if isSampled || sampled.isEmpty { sampled.append(value) }
  }

  /// Finds what is clipped, from the numbers that were sampled.
  mutating func clip() {
    guard treatment.findsClip, !sampled.isEmpty else { return }
    let known = RankedNumbers(sampled.map { treatment.original(stored.decode($0)) })
    sampled = []
    treatment.clip = ColumnTreatment.whiskers(known.quantile(0.25), known.quantile(0.75))
    guard let clip = treatment.clip else { return }
    let low = stored.encode(treatment.value(clip.lowerBound))
    range = low...max(low, stored.encode(treatment.value(clip.upperBound)))
  }

  mutating func add(_ number: Double, isSampled: Bool) {
    let value = min(max(number, range.lowerBound), range.upperBound)
    numbers.add(value)
    sample(value, isSampled: isSampled)
    if treatment.filling == .mostFrequent,
      counts[value] != nil || counts.count < Self.mostCounted
    {
      counts[value, default: 0] += 1
    }
  }

  /// The column with what was found.
  var fitted: Column {
    guard numbers.count > 0 else { return column }
    let known = RankedNumbers(sampled)
    let scaling = scaling(known).map(stored.followed) ?? stored
    var middle: Double?
    if fill != nil {
      switch treatment.filling {
      case .median: middle = known.quantile(0.5)
      case .mostFrequent:
        let most = counts.values.max()
        middle = counts.filter { $0.value == most }.keys.min()
      case .mean: middle = numbers.mean
      case .refuse, .indicator, nil: break
      }
    }
    var fitted = column.fitted(
      scaling, fill: middle.map { treatment.original(stored.decode($0)) } ?? fill)
    fitted.treatment = treatment
    return fitted
  }

  /// Of stored numbers; `nil` where they stay as they are.
  private func scaling(_ known: RankedNumbers) -> Scaling? {
    let statistics = (joint ?? numbers).summary
    switch treatment.scaling {
    case .none, .unit: return nil
    case .standard, .minMax: return treatment.scaling.scaling(for: statistics)
    case .log: return ScalingMethod.standard.scaling(for: statistics)
    case .robust:
      let range = known.quantile(0.75) - known.quantile(0.25)
      return Scaling(
        subtract: known.quantile(0.5), divide: range > 0 && range.isFinite ? range : 1)
    }
  }
}

extension Scaling {
  /// Both, one after the other: of (x - a) / b the next is ((x - a) / b - c) / d, so of x it is (x - (a + b c)) / (b d).
  fileprivate func followed(by next: Scaling) -> Scaling {
    Scaling(subtract: subtract + divide * next.subtract, divide: divide * next.divide)
  }
}

extension DatasetDescription.Input {
  fileprivate func with(scalings: [Scaling]) -> DatasetDescription.Input {
    .init(
      shape: shape, stored: stored, scalings: scalings, statistics: statistics, windows: windows,
      series: series, padding: padding)
  }
}

extension DatasetDescription {
  /// The same with other columns, inputs and targets.
  fileprivate func with(
    columns: [Column], inputs: [Input], targets: [Target]
  ) -> DatasetDescription {
    DatasetDescription(
      format: format, examples: examples, input: inputs[0], target: targets[0], columns: columns,
      sizeBytes: sizeBytes, sha256: sha256, options: options,
      arrays: arrays.map { arrays in
        .init(
          inputs: zip(arrays.inputs, inputs).map { .init(name: $0.name, input: $1) },
          targets: zip(arrays.targets, targets).map { .init(name: $0.name, target: $1) })
      }, graph: graph)
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
        }, inputs: description.namedInputs.map { $0.input.with(scalings: []) },
        targets: description.namedTargets.map { named in
          guard case .vector(let shape, _, let statistics) = named.target else {
            return named.target
          }
          return .vector(shape: shape, scalings: [], statistics: statistics)
        })
    }
    return bare(self) == bare(other)
  }
}
