/// Which columns a table has and what each is for, from its first record and the options.
struct TableLayout {
  let names: [String]
  let roles: [Column.Role]
  /// What the options say of each column.
  let rules: [ColumnRule]
  /// Whether the first record is a header.
  let hasHeader: Bool
  /// Positions from 0, in the order of the options.
  let targets: [Int]
  /// Says which series a row belongs to; from 0.
  let entity: Int?

  /// - Parameters:
  ///   - first: the fields of the first record.
  ///   - known: whether they are names; `nil` where it must be guessed.
  /// - Throws: `DatasetError` for an option that names no column, or one twice.
  init(first: [String], hasHeader known: Bool?, options: ImportOptions) throws(DatasetError) {
    hasHeader = known ?? TableLayout.looksLikeHeader(first)
    var names = (1...max(1, first.count)).map { "column_\($0)" }
    if hasHeader {
      for (index, name) in first.enumerated() where !name.isEmpty { names[index] = name }
    }
    var seen: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      if let other = seen.updateValue(index, forKey: name) {
        throw DatasetError(
          .malformed,
          "column \(other + 1) has the same name; give every column its own, or say "
            + "header=false if row 1 holds data", row: 1, column: index + 1, columnName: name)
      }
    }
    self.names = names
    let last = names.count - 1
    var targets: [Int] = []
    for name in options.target {
      targets.append(try TableLayout.find(name, in: names, option: "target"))
    }
    var ignored = try options.ignore.map { (name) throws(DatasetError) in
      try TableLayout.find(name, in: names, option: "ignore")
    }
    var rules = [ColumnRule](repeating: ColumnRule(), count: names.count)
    for (name, rule) in options.schema.sorted(by: { $0.key < $1.key }) {
      let index = try TableLayout.find(name, in: names, option: "schema")
      rules[index] = rule
      if rule.kind == .ignore { ignored.append(index) }
    }
    let features = try options.features.map { (name) throws(DatasetError) in
      try TableLayout.find(name, in: names, option: "features")
    }
    let categorical = try options.categorical.map { (name) throws(DatasetError) in
      try TableLayout.find(name, in: names, option: "categorical")
    }
    let entity = try options.entity.map { (name) throws(DatasetError) in
      try TableLayout.find(name, in: names, option: "entity")
    }
    self.entity = entity
    // What names a series says nothing of others, unless it is asked for.
    if let entity, !features.contains(entity), !targets.contains(entity) { ignored.append(entity) }
    if targets.isEmpty {
      guard let column = (0...last).last(where: { !ignored.contains($0) && !features.contains($0) })
      else {
        throw DatasetError(.option, "no column is left to predict; name one with target=")
      }
      targets = [column]
    }
    if Set(targets).count < targets.count {
      throw DatasetError(.option, "target names a column twice")
    }
    if let both = targets.first(where: { ignored.contains($0) || features.contains($0) }) {
      throw DatasetError(
        .option, "column \"\(names[both])\" can't be a target and ignored or a feature too")
    }
    roles = names.indices.map { index in
      if targets.contains(index) { return .target }
      if ignored.contains(index) { return .ignored }
      return features.isEmpty || features.contains(index) ? .feature : .ignored
    }
    // A window may hold the past of the target alone.
    guard roles.contains(.feature) || options.window != nil && options.hasPastTarget else {
      throw DatasetError(
        .option,
        "no column is left to predict from: \(names.count) in all, of which "
          + "\(targets.count) to predict; if fields aren't separated by commas, say delimiter=")
    }
    self.targets = targets
    for index in categorical { rules[index].kind = .category }
    self.rules = rules
  }

  /// A first row is a header when none of its fields is a number or missing.
  private static func looksLikeHeader(_ fields: [String]) -> Bool {
    fields.allSatisfy { field in
      var field = field
      return field.withUTF8 { FieldValue($0) == .text }
    }
  }

  private static func find(
    _ name: String, in names: [String], option: String
  ) throws(DatasetError) -> Int {
    if let index = names.firstIndex(of: name) { return index }
    if let number = Int(name), number >= 1, number <= names.count { return number - 1 }
    let known = names.prefix(20).joined(separator: ", ")
    throw DatasetError(
      .option,
      "\(option) names column \"\(name.prefix(80))\", which isn't there; there are \(known)"
        + (names.count > 20 ? ", …" : "") + " (or numbers from 1 to \(names.count))")
  }
}
