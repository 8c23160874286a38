import Foundation
import Tensors

/// Writes an array of targets as classes, as classes at each place, or as vectors.
///
/// A place whose class is `noClass` has none: what PyTorch's `ignore_index` is by default.
struct TargetWriter {
  static let noClass = -100.0

  private let array: UploadedArray
  private let options: ImportOptions
  private let limits: ImportLimits

  init(_ array: UploadedArray, options: ImportOptions, limits: ImportLimits) {
    self.array = array
    self.options = options
    self.limits = limits
  }

  func write(to file: URL) throws(DatasetError) -> DatasetDescription.Target {
    let survey = try TargetSurvey(
      array, limits: limits, countsPlaces: options.targetKind == .sequence)
    let output = try OutputFile(file)
    let target: DatasetDescription.Target
    if options.targetKind == .sequence {
      try checkSequence(survey)
      let (names, counts) = try writeClasses(survey, to: output)
      target = .sequence(names: names, counts: counts, shape: array.header.shape.dropFirst())
    } else if try isClass(survey) {
      let (names, counts) = try writeClasses(survey, to: output)
      target = .classes(names: names, counts: counts)
    } else {
      target = try writeVectors(survey, to: output)
    }
    try output.finish()
    return target
  }

  private func checkSequence(_ survey: TargetSurvey) throws(DatasetError) {
    guard array.header.shape.rank >= 2 else {
      throw DatasetError(
        .option,
        "shape \(array.header.shape) has one number an example, and a sequence has one at each place; "
          + "say target_kind=class", part: array.name)
    }
    if let (row, value) = survey.firstFraction {
      throw DatasetError(
        .malformed,
        "\(value) is no whole number below 2⁵³, so it's no class; say target_kind=vector",
        part: array.name, row: row)
    }
    guard survey.statistics.allSatisfy({ $0.minimum >= 0 }) else {
      throw DatasetError(
        .malformed,
        "\(survey.statistics.map(\.minimum).min() ?? 0) is no class; classes at places are numbers "
          + "from 0, or -100 where there's none", part: array.name)
    }
    guard !survey.hasTooManyValues else {
      throw DatasetError(
        .limitExceeded, "more than \(limits.classes) different classes; say target_kind=vector",
        part: array.name)
    }
  }

  /// One integer an example is a class, unless there are too many different ones.
  private func isClass(_ survey: TargetSurvey) throws(DatasetError) -> Bool {
    switch options.targetKind {
    case .vector, .sequence: return false
    case .class:
      guard array.width == 1 else {
        throw DatasetError(
          .option,
          "a class is one number an example, not shape \(array.header.shape.dropFirst()); "
            + "take the argmax of one-hot targets, or say target_kind=vector, or sequence for a class at "
            + "each place", part: array.name)
      }
      if let (row, value) = survey.firstFraction {
        throw DatasetError(
          .malformed,
          "\(value) is no whole number below 2⁵³, so it's no class; say target_kind=vector",
          part: array.name, row: row)
      }
      guard !survey.hasTooManyValues else {
        throw DatasetError(
          .limitExceeded, "more than \(limits.classes) different classes; say target_kind=vector",
          part: array.name)
      }
      return true
    case nil:
      let kind = array.header.element.kind
      // Integers beyond 2⁵³ aren't told apart, so that they are numbers.
      guard kind.isInteger, array.width == 1, options.targetScale == .none,
        !survey.hasTooManyValues, survey.firstFraction == nil
      else { return false }
      if kind == .uint8 || kind == .bool { return true }
      let all = survey.statistics[0]
      let isSmall = all.minimum >= 0 && all.maximum < 1_000
      return isSmall
        || survey.counts.count <= TableSurvey.integerClasses
          && survey.counts.count * 2 <= array.examples
    }
  }

  /// Classes from 0 are their own indices, also those that don't occur; others go by order.
  private func writeClasses(
    _ survey: TargetSurvey, to output: OutputFile
  ) throws(DatasetError) -> (names: [String], counts: [Int]) {
    let minimum = survey.statistics.map(\.minimum).min() ?? 0
    let maximum = survey.statistics.map(\.maximum).max() ?? 0
    var values = survey.counts.keys.sorted()
    if minimum >= 0, maximum < Double(max(1_000, 4 * values.count)) {
      values = (0...Int(maximum)).map(Double.init)
    }
    let indices = Dictionary(
      values.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    try array.forEachRun { (position, run) throws(DatasetError) in
      try output.append(run.map { indices[$0] ?? ($0 == TargetWriter.noClass ? -100 : 0) })
    }
    return (values.map { String(Int64($0)) }, values.map { survey.counts[$0] ?? 0 })
  }

  private func writeVectors(
    _ survey: TargetSurvey, to output: OutputFile
  ) throws(DatasetError) -> DatasetDescription.Target {
    let shape = array.header.shape.rank == 1 ? [1] : array.header.shape.dropFirst()
    let width = array.width
    let scalings = survey.statistics.map(options.targetScale.scaling)
    let scaling = RunScaling(scalings)
    let encoder = RunEncoder(keepsBytes: false)
    try array.forEachRun { (position, run) throws(DatasetError) in
      scaling.apply(to: run, at: position)
      if let index = try encoder.write(run, at: position, to: output) {
        throw DatasetError(
          .malformed, "\(run[index]) is too large for a 32-bit float; scale it down",
          part: array.name, row: (position + index) / width + 1,
          column: (position + index) % width + 1)
      }
    }
    return .vector(shape: shape, scalings: scalings, statistics: survey.statistics)
  }
}

/// What a first pass over targets finds out.
private struct TargetSurvey {
  /// Of each element of a target, or of all together when there are many.
  private(set) var statistics: [NumberStatistics]
  /// How often each whole number occurs, when there's one number an example or all are counted.
  private(set) var counts: [Double: Int] = [:]
  /// The first number that isn't whole, or is beyond 2⁵³, and its row.
  private(set) var firstFraction: (row: Int, value: Double)?
  private(set) var hasTooManyValues = false

  /// Most elements of a target with statistics of their own.
  private static let separateElements = 1_024

  /// - Parameter countsPlaces: whether numbers are counted also where an example has several.
  init(
    _ array: UploadedArray, limits: ImportLimits, countsPlaces: Bool
  ) throws(DatasetError) {
    let width = array.width
    let isSeparate = width <= TargetSurvey.separateElements
    var statistics = [RunningStatistics](
      repeating: RunningStatistics(), count: isSeparate ? width : 1)
    var counts: [Double: Int] = [:]
    var firstFraction: (row: Int, value: Double)?
    var hasTooManyValues = false
    try array.forEachRun { (position, run) throws(DatasetError) in
      for index in run.indices {
        let value = run[index]
        let place = position + index
        guard value.isFinite else {
          throw DatasetError(
            .malformed, "\(value) is no target; correct it or leave the example out",
            part: array.name, row: place / width + 1, column: place % width + 1)
        }
        if countsPlaces, value == TargetWriter.noClass { continue }
        statistics[isSeparate ? place % width : 0].add(value)
        guard width == 1 || countsPlaces, !hasTooManyValues else { continue }
        if value.rounded() != value || abs(value) >= 0x1p53 {
          if firstFraction == nil { firstFraction = (place / width + 1, value) }
        } else if firstFraction == nil {
          counts[value, default: 0] += 1
          hasTooManyValues = counts.count > limits.classes
        }
      }
    }
    self.statistics = statistics.map(\.summary)
    self.counts = counts
    self.firstFraction = firstFraction
    self.hasTooManyValues = hasTooManyValues
  }
}
