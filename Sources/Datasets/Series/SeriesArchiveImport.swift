import Foundation
import Tensors

/// Decodes the time series of a `.ts` file, as the archives of UEA and UCR and sktime write them: a case a line, each with its label.
///
/// An example is `[length, dimensions]`. Where series are of several lengths the shorter ones are filled up behind with one number, which a
/// model's input names as its `padding`.
///
/// Source: https://www.sktime.net/en/stable/api_reference/file_specifications/ts.html
struct SeriesArchiveImport {
  let file: URL
  let options: ImportOptions
  let limits: ImportLimits

  /// What the header says.
  private struct Header {
    /// The classes in their order; `nil` where labels are numbers to predict, or classes aren't listed.
    var classes: [String]?
    var isNumber = false
  }

  /// What the first pass finds.
  private struct Survey {
    var header = Header()
    var cases = 0
    var dimensions = 0
    var shortest = Int.max
    var longest = 0
    var values = RunningStatistics()
    /// Of each dimension.
    var means: [RunningStatistics] = []
    var labels: [String: Int] = [:]
    var numbers = RunningStatistics()

    var isPadded: Bool { shortest < longest }
  }

  func run(into directory: URL) throws(DatasetError) -> DecodedParts {
    let survey = try survey()
    let width = survey.longest.multipliedReportingOverflow(by: survey.dimensions)
    guard !width.overflow, width.partialValue <= limits.exampleElements else {
      throw DatasetError(
        .limitExceeded, "an example has more than \(limits.exampleElements) numbers")
    }
    let (bytes, overflow) = survey.cases.multipliedReportingOverflow(by: width.partialValue * 4)
    let uploaded = try FileSource(file).size
    guard !overflow, bytes <= limits.expanded(from: uploaded) else {
      throw DatasetError(
        .limitExceeded,
        "\(survey.cases) series of up to \(survey.longest) steps would become \(overflow ? "too many" : "\(bytes)") bytes; "
          + "cut the longest ones")
    }
    let method = options.scale ?? .none
    if method.isOfTables {
      throw DatasetError(
        .option, "scale=\(method.rawValue) is for tables; of series one of: none, standard, min_max"
      )
    }
    let scaling = method.scaling(for: survey.values.summary)
    let classes = survey.header.isNumber ? nil : try classes(of: survey)
    let targetScaling = options.targetScale.scaling(for: survey.numbers.summary)
    let inputs = try OutputFile(directory.appendingPathComponent(Dataset.FileName.inputs))
    let targets = try OutputFile(directory.appendingPathComponent(Dataset.FileName.targets))
    let indices = Dictionary(
      (classes ?? []).enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    try forEachCase(dimensions: survey.dimensions) { (line, row) throws(DatasetError) in
      try inputs.append(try numbers(of: line, survey, scaling, row: row))
      if classes != nil {
        try targets.append([indices[line.label] ?? 0])
      } else {
        try targets.append([Float(targetScaling.encode(Double(line.label) ?? 0))])
      }
    }
    try inputs.finish()
    try targets.finish()
    return DecodedParts(
      examples: survey.cases,
      input: .init(
        shape: [survey.longest, survey.dimensions], stored: .float32,
        scalings: method == .none ? [] : [scaling], statistics: survey.values.summary,
        padding: survey.isPadded ? options.padding ?? 0 : nil),
      target: classes.map { .classes(names: $0, counts: $0.map { survey.labels[$0] ?? 0 }) }
        ?? .vector(
          shape: [1], scalings: [targetScaling], statistics: [survey.numbers.summary]),
      columns: [])
  }

  /// A case as a model sees it: step after step, all dimensions of each, and padding behind.
  private func numbers(
    of line: SeriesLine, _ survey: Survey, _ scaling: Scaling, row: Int
  ) throws(DatasetError) -> [Float] {
    let padding = Float(options.padding ?? 0)
    var numbers = [Float](repeating: padding, count: survey.longest * survey.dimensions)
    for step in 0..<line.length {
      var isPadding = survey.isPadded
      for dimension in 0..<survey.dimensions {
        var value = line.values[dimension * line.length + step]
        if value.isNaN { value = survey.means[dimension].mean }
        let number = Float(scaling.encode(value))
        guard number.isFinite else {
          throw DatasetError(
            .malformed, "\(value) is too large for a 32-bit float; scale it down", row: row,
            column: dimension + 1)
        }
        numbers[step * survey.dimensions + dimension] = number
        isPadding = isPadding && number == padding
      }
      if isPadding {
        throw DatasetError(
          .option,
          "step \(step + 1) is \(padding) in all dimensions, which padding is too: say padding= with a number that doesn't occur",
          row: row)
      }
    }
    return numbers
  }

  private func classes(of survey: Survey) throws(DatasetError) -> [String] {
    guard let listed = survey.header.classes else { return survey.labels.keys.sorted() }
    return listed
  }

  // MARK: - Reading

  private func survey() throws(DatasetError) -> Survey {
    var survey = Survey()
    survey.header = try header()
    if options.targetKind == .class { survey.header.isNumber = false }
    if options.targetKind == .vector {
      (survey.header.isNumber, survey.header.classes) = (true, nil)
    }
    let listed = survey.header.classes.map(Set.init)
    try forEachCase(dimensions: nil) { (line, row) throws(DatasetError) in
      if survey.cases == 0 {
        survey.dimensions = line.values.count / max(1, line.length)
        survey.means = Array(repeating: RunningStatistics(), count: survey.dimensions)
      }
      survey.cases += 1
      survey.shortest = min(survey.shortest, line.length)
      survey.longest = max(survey.longest, line.length)
      for (place, value) in line.values.enumerated() {
        guard !value.isNaN else {
          if options.missing == .refuse {
            throw DatasetError(
              .missingValue, "a value is missing; fill it in, or say missing=mean", row: row,
              column: place / line.length + 1)
          }
          continue
        }
        survey.values.add(value)
        survey.means[place / line.length].add(value)
      }
      if survey.header.isNumber {
        guard let number = Double(line.label), number.isFinite else {
          throw DatasetError(
            .malformed,
            "the target \"\(line.label.prefix(40))\" is no number; correct it, or say target_kind=class",
            row: row)
        }
        survey.numbers.add(number)
        return
      }
      if let listed, !listed.contains(line.label) {
        throw DatasetError(
          .malformed,
          "the label \"\(line.label.prefix(40))\" is none of those that @classLabel lists",
          row: row)
      }
      survey.labels[line.label, default: 0] += 1
      guard survey.labels.count <= limits.classes else {
        throw DatasetError(
          .limitExceeded, "more than \(limits.classes) classes; say target_kind=vector for numbers",
          row: row)
      }
    }
    guard survey.cases > 0, survey.longest > 0 else {
      throw DatasetError(.empty, "there is no case behind @data")
    }
    if let length = options.sequenceLength {
      guard survey.longest <= length else {
        throw DatasetError(
          .option,
          "a series has \(survey.longest) steps, and sequence_length says \(length); make it as long"
        )
      }
      survey.longest = length
    }
    return survey
  }

  private func header() throws(DatasetError) -> Header {
    let lines = try LineReader(openSource(file, limits: limits), longest: limits.seriesLineBytes)
    var header = Header()
    while let line = try lines.next() {
      if Self.isComment(line) { continue }
      guard line.first == UInt8(ascii: "@") else { break }
      let words = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" }
        .map(String.init)
      let isSaid = words.count > 1 && words[1].lowercased() == "true"
      switch words[0].lowercased() {
      case "@data": return header
      case "@classlabel" where isSaid: header.classes = words.count > 2 ? Array(words[2...]) : nil
      case "@targetlabel" where isSaid: header.isNumber = true
      case "@timestamps" where isSaid:
        throw DatasetError(
          .unsupported, "time stamps aren't read; write the values alone, at even steps",
          row: lines.number)
      case "@classlabel", "@targetlabel":
        if words.count > 1, words[1].lowercased() == "false" {
          throw DatasetError(
            .unsupported, "the series have no label, and there would be nothing to predict",
            row: lines.number)
        }
      default: break
      }
    }
    throw DatasetError(.malformed, "there is no @data; is this a .ts file?", row: lines.number)
  }

  private static func isComment(_ line: [UInt8]) -> Bool {
    line.first == UInt8(ascii: "#") || line.first == UInt8(ascii: "%")
  }

  private func forEachCase(
    dimensions: Int?, _ body: (SeriesLine, _ row: Int) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let lines = try LineReader(openSource(file, limits: limits), longest: limits.seriesLineBytes)
    var (isData, known) = (false, dimensions)
    while let line = try lines.next() {
      if Self.isComment(line) { continue }
      if !isData {
        isData = String(decoding: line.prefix(16), as: UTF8.self).lowercased().hasPrefix("@data")
        continue
      }
      let one = try SeriesLine(line, dimensions: known, row: lines.number)
      known = known ?? one.values.count / max(1, one.length)
      try body(one, lines.number)
    }
  }
}
