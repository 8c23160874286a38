import Foundation
import Tensors

/// What is to be predicted of each vertex, or of each graph, and which of them are for what.
struct GraphTargets {
  let target: DatasetDescription.Target
  let masks: GraphMasks

  /// Writes the part `targets` to a file, as classes or as numbers.
  ///
  /// - Parameter what: what has a target each: vertices or graphs.
  init(
    _ part: GraphPart, parts: [String: GraphPart], examples: Int, what: String,
    options: ImportOptions, limits: ImportLimits, to file: URL
  ) throws(DatasetError) {
    if part.kind == .text {
      let table = try GraphLabels(part, options: options, limits: limits)
      guard table.labels.count == examples else {
        throw part.refusal(
          .malformed, "has \(table.labels.count) rows, and there are \(examples) \(what)")
      }
      target = try table.write(to: file, part: part, options: options, limits: limits)
      let given = try GraphMasks(parts, examples: examples, what: what)
      if given != nil, table.uses != nil {
        throw part.refusal(.option, "has a split, and there are masks too; send one of the two")
      }
      masks = given ?? table.uses.map { GraphMasks(uses: $0) } ?? GraphMasks(examples: examples)
      return
    }
    guard part.kind == .array else {
      throw part.refusal(.unsupported, "is an archive; send one array, or rows of text")
    }
    let spool = file.deletingLastPathComponent().appendingPathComponent("targets.spool")
    let source = part.file
    let array = try UploadedArray(name: part.name, spoolFile: spool, limits: limits) {
      () throws(DatasetError) in try openSource(source, limits: limits)
    }
    guard array.examples == examples else {
      throw part.refusal(
        .malformed,
        "has shape \(array.header.shape), and there are \(examples) \(what); its first axis counts them"
      )
    }
    target = try TargetWriter(array, options: options, limits: limits).write(to: file)
    masks =
      try GraphMasks(parts, examples: examples, what: what) ?? GraphMasks(examples: examples)
  }

  init(target: DatasetDescription.Target, masks: GraphMasks) {
    self.target = target
    self.masks = masks
  }
}

/// Labels that come as text, and the split beside them.
struct GraphLabels {
  private(set) var labels: [String] = []
  private(set) var uses: [GraphMasks.Use]?

  init(labels: [String]) { self.labels = labels }

  /// Rows of a label, or with a header of `node`, `label` and `split`, of which only the label must be.
  init(_ part: GraphPart, options: ImportOptions, limits: ImportLimits) throws(DatasetError) {
    var labelColumn = 0
    var splitColumn: Int?
    var nodeColumn: Int?
    var labels: [String] = []
    var uses: [GraphMasks.Use] = []
    try part.forEachRecord(header: { (names) throws(DatasetError) in
      let lower = names.map { $0.lowercased() }
      nodeColumn = lower.firstIndex { ["node", "id", "vertex", "graph"].contains($0) }
      splitColumn = lower.firstIndex { ["split", "use", "set"].contains($0) }
      let others = names.indices.filter { $0 != nodeColumn && $0 != splitColumn }
      let wanted = options.target.first.flatMap { names.firstIndex(of: $0) }
      if let name = options.target.first, wanted == nil {
        throw part.refusal(
          .option,
          "target=\(name.prefix(80)) names no column; there are "
            + names.prefix(20).joined(separator: ", "))
      }
      guard let column = wanted ?? others.first ?? (names.isEmpty ? 0 : nil) else {
        throw part.refusal(.malformed, "has no column of labels beside node and split", row: 1)
      }
      labelColumn = column
    }) { (reader) throws(DatasetError) in
      let last = max(labelColumn, splitColumn ?? 0, nodeColumn ?? 0)
      guard reader.count > last else {
        throw part.refusal(.malformed, "has \(reader.count) fields", row: reader.row)
      }
      guard labels.count < limits.graphVertices else {
        throw part.refusal(.limitExceeded, "more than \(limits.graphVertices) rows")
      }
      if let nodeColumn {
        let node = try part.integer(reader, nodeColumn, below: limits.graphVertices, "vertex")
        guard Int(node) == labels.count else {
          throw part.refusal(
            .malformed, "\(node) stands where \(labels.count) is due; sort the rows",
            row: reader.row, column: nodeColumn + 1)
        }
      }
      let label = reader.text(labelColumn)
      guard !label.isEmpty else {
        throw part.refusal(
          .missingValue, "the label is missing; fill it in", row: reader.row,
          column: labelColumn + 1)
      }
      labels.append(label)
      if let splitColumn {
        guard let use = GraphMasks.Use(word: reader.text(splitColumn)) else {
          throw part.refusal(
            .malformed,
            "\"\(reader.text(splitColumn).prefix(40))\" is no split; one of train, val, test, none",
            row: reader.row, column: splitColumn + 1)
        }
        uses.append(use)
      }
    }
    self.labels = labels
    if splitColumn != nil {
      guard uses.contains(.training) else {
        throw part.refusal(.empty, "there is no example for training")
      }
      self.uses = uses
    }
  }

  /// Writes the labels as classes, whole numbers in their order and words in that of the alphabet; or as numbers
  /// where the options say so or they are fractions.
  func write(
    to file: URL, part: GraphPart, options: ImportOptions, limits: ImportLimits
  ) throws(DatasetError) -> DatasetDescription.Target {
    let numbers = labels.map(Double.init)
    let areNumbers = numbers.allSatisfy { $0?.isFinite ?? false }
    let areWhole = areNumbers && numbers.allSatisfy { $0?.rounded() == $0 }
    let output = try OutputFile(file)
    defer { withExtendedLifetime(output) {} }
    if options.targetKind == .vector || options.targetKind == nil && areNumbers && !areWhole {
      var statistics = RunningStatistics()
      for (index, number) in numbers.enumerated() {
        guard let number, Float(number).isFinite else {
          throw part.refusal(
            .malformed,
            "\"\(labels[index].prefix(40))\" is no finite number; correct it, or say "
              + "target_kind=class", row: index + 1)
        }
        statistics.add(number)
      }
      let scaling = options.targetScale.scaling(for: statistics.summary)
      try output.append(numbers.map { Float(scaling.encode($0 ?? 0)) })
      try output.finish()
      return .vector(shape: [1], scalings: [scaling], statistics: [statistics.summary])
    }
    var names = Set(labels).sorted()
    guard names.count <= limits.classes else {
      throw part.refusal(
        .limitExceeded, "more than \(limits.classes) different classes; say target_kind=vector")
    }
    if areWhole { names.sort { (Double($0) ?? 0) < (Double($1) ?? 0) } }
    let indices = Dictionary(
      names.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    let classes = labels.map { indices[$0] ?? 0 }
    var counts = [Int](repeating: 0, count: names.count)
    for index in classes { counts[Int(index)] += 1 }
    try output.append(classes)
    try output.finish()
    return .classes(names: names, counts: counts)
  }
}
