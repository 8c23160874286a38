import CTables
import Foundation
import Tensors

/// What the first pass over a table finds out: its columns, its target and its number of rows.
struct TableAnalysis {
  let layout: TableLayout
  let rows: Int
  let examples: Int
  private(set) var columns: [Column]
  let input: DatasetDescription.Input
  let target: DatasetDescription.Target
  /// Where each row goes; `nil` where that is where it is in the file.
  let series: SeriesOfRows?

  init(
    _ source: TableSource, options: ImportOptions, limits: ImportLimits
  ) throws(DatasetError) {
    let survey = try TableSurvey(
      source.reader(), hasHeader: source.hasHeader, options: options, limits: limits)
    layout = survey.layout
    rows = survey.rows
    let verdicts = try TableAnalysis.verdicts(survey, options)
    let isClass = try TableAnalysis.targetIsClass(survey, verdicts, options)
    let joint = try TableAnalysis.jointScaling(survey, verdicts, options)
    var columns: [Column] = []
    for (index, verdict) in verdicts.enumerated() {
      columns.append(
        try TableAnalysis.column(
          index, of: survey, verdict, isClass: isClass, joint: joint, options))
    }
    if options.window != nil, options.hasPastTarget {
      columns += layout.targets.compactMap { TableAnalysis.past(of: columns[$0]) }
    }
    if columns.haveTargetCodes {
      columns = try TableAnalysis.withRoom(
        columns, target: TableAnalysis.target(layout.targets.map { columns[$0] }), options)
    }
    self.columns = columns
    let width = columns.filter { $0.role == .feature }.map(\.width).reduce(0, +)
    guard width > 0 else {
      throw DatasetError(
        .option, "no column is left to predict from: a window holds the past of numbers alone")
    }
    guard width <= limits.exampleElements else {
      throw DatasetError(.limitExceeded, "an example has \(width) numbers; leave columns out")
    }
    let windows = options.window.map { [rows] in
      SeriesWindows(
        length: $0, horizon: options.horizon, stride: options.stride ?? 1, steps: options.steps,
        predictsEachRow: options.predictsEachRow, rows: rows)
    }
    guard let windows else {
      series = nil
      examples = rows
      input = .init(
        shape: try TableAnalysis.shape(width: width, options: options), stored: .float32,
        scalings: [], statistics: nil)
      target = TableAnalysis.target(layout.targets.map { columns[$0] })
      return
    }
    guard width <= limits.exampleElements / windows.length else {
      throw DatasetError(
        .limitExceeded,
        "a window of \(windows.length) rows has more than \(limits.exampleElements) numbers")
    }
    (series, input, examples) = try TableAnalysis.windows(
      windows, width: width, layout, source, options)
    target = TableAnalysis.target(layout.targets.map { columns[$0] }, windows)
    guard target.shape.count <= limits.exampleElements else {
      throw DatasetError(
        .limitExceeded, "an example's target has more than \(limits.exampleElements) numbers")
    }
  }

  /// The input that windows make of rows of so many numbers, where rows go, and how many examples there are.
  private static func windows(
    _ windows: SeriesWindows, width: Int, _ layout: TableLayout, _ source: TableSource,
    _ options: ImportOptions
  ) throws(DatasetError) -> (SeriesOfRows?, DatasetDescription.Input, Int) {
    var windows = windows
    var series: SeriesOfRows?
    var starts = [0, windows.rows]
    if let column = layout.entity {
      let found = try SeriesOfRows(
        source.rows(layout), column: column, name: layout.names[column],
        format: options.tableFormat)
      (series, starts) = (found, found.starts)
      windows.entities = .init(
        column: layout.names[column], count: starts.count - 1, short: 0, padding: options.padding)
    }
    let lengths = zip(starts, starts.dropFirst()).map { $1 - $0 }
    let examples = lengths.map { windows.examples(ofRows: $0) }
    guard examples.contains(where: { $0 > 0 }) else {
      let longest = lengths.max() ?? 0
      throw DatasetError(
        .option,
        "\(longest) rows\(series == nil ? "" : ", the longest series,") are no window of \(windows.length) with "
          + "\(windows.steps > 1 ? "\(windows.steps) targets from \(windows.horizon) after it on" : "a target \(windows.horizon) after it"); "
          + "make them shorter\(series == nil ? "" : ", or give padding=")"
      )
    }
    if let entities = windows.entities {
      windows.entities = .init(
        column: entities.column, count: entities.count, short: examples.count { $0 == 0 },
        padding: entities.padding)
    }
    let input = DatasetDescription.Input(
      shape: [windows.length, width], stored: .float32, scalings: [], statistics: nil,
      series: windows)
    return (series, input, examples.reduce(0, +))
  }

  /// The columns that are encoded by the target, with room for its numbers.
  private static func withRoom(
    _ columns: [Column], target: DatasetDescription.Target, _ options: ImportOptions
  ) throws(DatasetError) -> [Column] {
    if options.window != nil {
      throw DatasetError(
        .option,
        "categories can't be encoded by the target of windows, which is another row's; say categories=one_hot or embed"
      )
    }
    guard let width = TargetCodes.width(for: target) else {
      throw DatasetError(
        .option,
        "categories encoded by the target take at most \(TargetCodes.mostWidth) classes or numbers of it; say categories=one_hot or embed"
      )
    }
    var columns = columns
    let values = columns.reduce(0) { $0 + ($1.isByTarget ? $1.values.count : 0) }
    guard values * width <= TargetCodes.mostCodes else {
      throw DatasetError(
        .limitExceeded,
        "\(values) values that are encoded by a target of \(width) numbers are more than \(TargetCodes.mostCodes) numbers; say embed or hash "
          + "for some columns in schema=")
    }
    for index in columns.indices where columns[index].isByTarget {
      columns[index].codes = Array(repeating: 0, count: columns[index].values.count * width)
    }
    return columns
  }

  /// Finds what the target is where categories occur, of all rows.
  mutating func encodeByTarget(inputs: URL, targets: URL) throws(DatasetError) {
    guard columns.haveTargetCodes else { return }
    let codes = TargetCodes(
      of: ExampleSet(0..<examples),
      inputs: try InputFile(inputs, input, columns: columns, examples: examples),
      targets: try TargetFile(targets, target, examples: examples), target)
    if let codes { columns = columns.with(codes: codes.codes) }
  }

  /// The past of a target of numbers, as a feature: scaled as features are, whatever the target is.
  private static func past(of column: Column) -> Column? {
    guard case .number(let statistics, _, _) = column.content else { return nil }
    var past = Column(
      name: "\(column.name) before", position: column.position, role: .feature,
      content: .number(
        statistics, ScalingMethod.standard.scaling(for: statistics), fill: nil), missing: 0,
      evidence: "the past of the target")
    past.treatment.scaling = .standard
    return past
  }

  /// Notes what a column has to do with the target.
  mutating func relate(_ index: Int, _ relation: ColumnSummary.Relation) {
    columns[index].summary?.relation = relation
  }

  private static func verdicts(
    _ survey: TableSurvey, _ options: ImportOptions
  ) throws(DatasetError) -> [TableSurvey.Verdict?] {
    var verdicts: [TableSurvey.Verdict?] = []
    for (index, role) in survey.layout.roles.enumerated() {
      let isClass = role == .target && options.targetKind == .class
      verdicts.append(role == .ignored ? nil : try survey.verdict(index, isClass: isClass))
    }
    return verdicts
  }

  private static func targetIsClass(
    _ survey: TableSurvey, _ verdicts: [TableSurvey.Verdict?], _ options: ImportOptions
  ) throws(DatasetError) -> Bool {
    let targets = survey.layout.targets
    if targets.count == 1, let index = targets.first, options.targetKind != .vector {
      if options.targetKind == .class || verdicts[index] == .categories { return true }
      return options.targetScale == .none && survey.looksLikeClasses(index)
    }
    if options.targetKind == .class {
      throw DatasetError(.option, "only one column can hold the class; target names several")
    }
    for index in targets where verdicts[index] == .categories {
      throw DatasetError(
        .option, "a vector to predict is made of numbers, but this column holds text",
        row: survey[index].texts > 0 ? Int(survey[index].first_text_row) : nil, column: index + 1,
        columnName: survey.layout.names[index])
    }
    return false
  }

  // MARK: - One column

  private static func column(
    _ index: Int, of survey: TableSurvey, _ verdict: TableSurvey.Verdict?, isClass: Bool,
    joint: Scaling?, _ options: ImportOptions
  ) throws(DatasetError) -> Column {
    let layout = survey.layout
    let (role, rule) = (layout.roles[index], layout.rules[index])
    guard let verdict else {
      return Column(
        name: layout.names[index], position: index + 1, role: role, content: .unused, missing: 0,
        evidence: "")
    }
    let summary = ColumnSummary(survey[index], rows: survey.rows)
    let missing = role == .target ? survey.dropped : Int(survey[index].missing)
    var treatment = ColumnTreatment()
    treatment.hasIndicator =
      role == .feature && missing > 0
      && (rule.hasIndicator || (rule.missing ?? options.missing) == .indicator)
    let content: Column.Content
    if role == .target && isClass || verdict == .categories {
      let filled = role == .target ? 0 : missing
      content = try categories(index, of: survey, missing: filled, &treatment, options)
    } else if verdict == .dates {
      content = dates(index, of: survey, &treatment, options)
    } else {
      content = try numbers(
        index, of: survey, summary, missing: missing, joint: joint, &treatment, options)
    }
    var column = Column(
      name: layout.names[index], position: index + 1, role: role, content: content,
      missing: missing, evidence: survey.evidence(index, verdict))
    column.treatment = treatment
    column.summary = summary
    return column
  }

  private static func categories(
    _ index: Int, of survey: TableSurvey, missing: Int, _ treatment: inout ColumnTreatment,
    _ options: ImportOptions
  ) throws(DatasetError) -> Column.Content {
    if survey.layout.roles[index] == .feature {
      treatment.encoding = survey.layout.rules[index].encoding ?? options.categoryEncoding
    }
    if case .hash = treatment.encoding {
      return .category(values: [], counts: [], fill: missing > 0 ? 0 : nil)
    }
    let values = try survey.values(index)
    let counts = values.map(\.count)
    // The first of the most frequent, so that the choice doesn't depend on hashing.
    let most = counts.max() ?? 0
    return .category(
      values: values.map(\.value), counts: counts,
      fill: missing > 0 ? counts.firstIndex(of: most) : nil)
  }

  private static func dates(
    _ index: Int, of survey: TableSurvey, _ treatment: inout ColumnTreatment,
    _ options: ImportOptions
  ) -> Column.Content {
    let parts = survey.layout.rules[index].parts
    let usual: DateParts =
      survey[index].has_time_of_day
      ? [.time, .dayOfYear, .weekday, .hour] : [.time, .dayOfYear, .weekday]
    treatment.parts = parts.isEmpty ? usual : parts
    let statistics = survey.dates(index).summary
    let method = survey.layout.rules[index].scale ?? options.scale ?? .standard
    treatment.scaling = method
    return .date(statistics, method.scaling(for: statistics))
  }

  private static func numbers(
    _ index: Int, of survey: TableSurvey, _ summary: ColumnSummary, missing: Int, joint: Scaling?,
    _ treatment: inout ColumnTreatment, _ options: ImportOptions
  ) throws(DatasetError) -> Column.Content {
    let statistics = survey.numbers(index).summary
    let rule = survey.layout.rules[index]
    guard survey.layout.roles[index] == .feature else {
      return .number(statistics, options.targetScale.scaling(for: statistics), fill: nil)
    }
    treatment.clip = rule.clip
    if treatment.clip == nil, options.outliers == .clip, summary.quantiles.count == 7 {
      treatment.findsClip = true
      treatment.clip = ColumnTreatment.whiskers(summary.quantiles[2], summary.quantiles[4])
    }
    let fill = try fill(index, of: survey, summary, statistics, missing: missing, options)
    if missing > 0, rule.fill == nil {
      let method = rule.missing ?? options.missing
      treatment.filling = [.mostFrequent, .median].contains(method) ? method : .mean
    }
    let method = rule.scale ?? options.scale ?? (joint == nil ? .standard : .minMax)
    treatment.scaling = method
    if let joint { return .number(statistics, joint, fill: fill) }
    if method == .log {
      treatment.isLogarithmic = true
      return .number(statistics, .identity, fill: fill)
    }
    if method == .robust, summary.quantiles.count == 7 {
      let range = summary.quantiles[4] - summary.quantiles[2]
      let scaling = Scaling(
        subtract: summary.quantiles[3], divide: range > 0 && range.isFinite ? range : 1)
      return .number(statistics, scaling, fill: fill)
    }
    return .number(statistics, method.scaling(for: statistics), fill: fill)
  }

  /// What stands for a missing number; `nil` when none is missing.
  private static func fill(
    _ index: Int, of survey: TableSurvey, _ summary: ColumnSummary, _ statistics: NumberStatistics,
    missing: Int, _ options: ImportOptions
  ) throws(DatasetError) -> Double? {
    guard missing > 0 else { return nil }
    let rule = survey.layout.rules[index]
    if let fill = rule.fill { return fill }
    switch rule.missing ?? options.missing {
    case .mostFrequent:
      return try survey.mostFrequentNumber(index, format: options.tableFormat)
    case .median: return summary.quantiles.count == 7 ? summary.quantiles[3] : statistics.mean
    case .refuse, .mean, .indicator: return statistics.mean
    }
  }

  private static func target(
    _ columns: [Column], _ windows: SeriesWindows? = nil
  ) -> DatasetDescription.Target {
    if columns.count == 1, case .category(let values, let counts, _) = columns[0].content {
      guard let windows, windows.predictsEachRow || windows.steps > 1 else {
        return .classes(names: values, counts: counts)
      }
      return .sequence(names: values, counts: counts, shape: [windows.targetRows])
    }
    var scalings: [Scaling] = []
    var statistics: [NumberStatistics] = []
    for case .number(let numbers, let scaling, _) in columns.map(\.content) {
      scalings.append(scaling)
      statistics.append(numbers)
    }
    return .vector(
      shape: windows?.targetShape(numbers: scalings.count) ?? [scalings.count], scalings: scalings,
      statistics: statistics)
  }

  /// Columns that are put into a shape are one quantity, so they share one scaling.
  private static func jointScaling(
    _ survey: TableSurvey, _ verdicts: [TableSurvey.Verdict?], _ options: ImportOptions
  ) throws(DatasetError) -> Scaling? {
    guard options.shape != nil else { return nil }
    var all = RunningStatistics()
    for index in verdicts.indices where survey.layout.roles[index] == .feature {
      guard verdicts[index] == .numbers else {
        throw DatasetError(
          .option,
          "shape needs numbers, and these values are text; leave the column out with ignore=",
          column: index + 1, columnName: survey.layout.names[index])
      }
      all.merge(survey.numbers(index))
    }
    let method = options.scale ?? .minMax
    if method == .log || method == .robust {
      throw DatasetError(
        .option, "columns with a shape share one scaling, which can't be \(method.rawValue)")
    }
    return method.scaling(for: all.summary)
  }

  private static func shape(width: Int, options: ImportOptions) throws(DatasetError) -> Shape {
    guard let shape = options.shape else { return [width] }
    guard shape.count == width else {
      throw DatasetError(
        .option, "shape \(shape) has \(shape.count) numbers, but the feature columns are \(width)")
    }
    return shape
  }
}
