import JSON
import Tensors

extension ImportOptions {
  /// Reads query parameters.
  ///
  /// - Parameter query: everything but the parameters that the API itself reads, such as `name`.
  /// - Throws: `Faults` that name every parameter that is unknown or wrong, at `/query/<name>`.
  public init(query: [String: String]) throws(Faults) {
    self.init()
    let sorted = query.sorted { $0.key < $1.key }
    var reader = ObjectReader(
      .object(JSONObject(sorted.map { ($0.key, JSON.string($0.value)) })), pointer: "/query")
    for field in ImportOptions.fields { _ = reader.value(field.name) }
    format = ImportOptions.choice("format", &reader)
    target = ImportOptions.list("target", &reader)
    features = ImportOptions.list("features", &reader)
    targets = ImportOptions.list("targets", &reader)
    ignore = ImportOptions.list("ignore", &reader)
    categorical = ImportOptions.list("categorical", &reader)
    header = ImportOptions.flag("header", &reader)
    if let text = reader.string("delimiter") {
      delimiter =
        ImportOptions.delimiters.first { $0.name == text }?.byte
        ?? ImportOptions.separator("delimiter", text, &reader)
    }
    if let text = reader.string("comment") {
      comment = ImportOptions.separator("comment", text, &reader)
    }
    skippedRows = ImportOptions.integer("skip_rows", 0...1_000_000, &reader) ?? 0
    encoding = ImportOptions.choice("encoding", &reader) ?? .utf8
    tableFormat.decimal = ImportOptions.choice("decimal", &reader) ?? .point
    tableFormat.thousands = ImportOptions.choice("thousands", &reader) ?? .none
    if tableFormat.thousands.byte == tableFormat.decimal.byte {
      reader.fault("thousands", "is what stands before the fraction too; say decimal=")
    }
    tableFormat.missingWords = ImportOptions.list("missing_values", &reader)
    let isTooMany = tableFormat.missingWords.count > TableFormat.mostWords
    if isTooMany
      || tableFormat.missingWords.contains(where: { $0.utf8.count > TableFormat.longestWord })
    {
      reader.fault(
        "missing_values",
        "at most \(TableFormat.mostWords) words of \(TableFormat.longestWord) bytes each")
      tableFormat.missingWords = []
    }
    if let text = reader.string("schema") {
      do throws(Faults) {
        schema = try ColumnRule.rules(text, pointer: reader.pointer(to: "schema"))
        // An ampersand would begin another option where options are one line.
        schemaText = ((try? JSON(parsing: text))?.description ?? text)
          .split(separator: "&", omittingEmptySubsequences: false).joined(separator: "\\u0026")
      } catch {
        reader.add(error)
      }
    }
    outliers = ImportOptions.choice("outliers", &reader) ?? .keep
    let buckets = ImportOptions.integer("buckets", ColumnTreatment.buckets, &reader)
    categoryEncoding = .init(
      ImportOptions.choice("categories", &reader) ?? .oneHot, buckets: buckets)
    missing = ImportOptions.choice("missing", &reader) ?? .refuse
    missingTarget = ImportOptions.choice("missing_target", &reader) ?? .refuse
    if let pairs = ArrayOptions.split("scale", &reader) {
      ofArrays.scales = ArrayOptions.choices("scale", pairs, &reader)
    } else {
      scale = ImportOptions.choice("scale", &reader)
    }
    if let pairs = ArrayOptions.split("target_scale", &reader) {
      ofArrays.targetScales = ArrayOptions.choices("target_scale", pairs, &reader)
    } else {
      targetScale = ImportOptions.choice("target_scale", &reader) ?? .none
    }
    if let pairs = ArrayOptions.split("target_kind", &reader) {
      ofArrays.targetKinds = ArrayOptions.choices("target_kind", pairs, &reader)
    } else {
      targetKind = ImportOptions.choice("target_kind", &reader)
    }
    for method in [targetScale]
      + ofArrays.targetScales.values.sorted(by: { $0.rawValue < $1.rawValue })
    where method.isOfTables {
      reader.fault(
        "target_scale",
        "\(method.rawValue) is for features of tables; one of: none, standard, min_max, unit")
    }
    if targetKind == .class, targetScale != .none {
      reader.fault("target_scale", "classes aren't scaled; leave it out or say target_kind=vector")
    }
    if let pairs = ArrayOptions.split("shape", separator: ";", &reader) {
      for (array, text) in pairs {
        ofArrays.shapes[array] = ImportOptions.shape(
          text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed), &reader)
      }
    } else {
      let parts = ImportOptions.list("shape", &reader)
      shape = parts.isEmpty ? nil : ImportOptions.shape(parts, &reader)
    }
    checkArrays(&reader)
    sequenceLength = ImportOptions.integer("sequence_length", Self.sequenceLengths, &reader)
    stride = ImportOptions.integer("stride", Self.sequenceLengths, &reader)
    tokens = ImportOptions.choice("tokens", &reader)
    window = ImportOptions.integer("window", Self.windows, &reader)
    horizon = ImportOptions.integer("horizon", Self.windows, &reader) ?? 1
    if let text = reader.string("padding") {
      padding = Double(text).flatMap { Self.paddings.contains($0) ? $0 : nil }
      if padding == nil {
        reader.fault("padding", "\"\(text.prefix(80))\" is no number from -1000000 to 1000000")
      }
    }
    steps = ImportOptions.integer("steps", Self.windows, &reader) ?? 1
    predictsEachRow = ImportOptions.flag("every_row", &reader) ?? false
    entity = reader.string("entity").map { trimmed($0[...]) }
    hasPastTarget = ImportOptions.flag("past_target", &reader) ?? true
    checkWindow(&reader)
    checkText(&reader)
    isDirected = ImportOptions.flag("directed", &reader)
    isSparse = ImportOptions.flag("sparse", &reader)
    normalizesRows = ImportOptions.flag("normalize_rows", &reader)
    try reader.finish().check()
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ reader: inout ObjectReader
  ) -> Choice? where Choice.RawValue == String {
    reader.string(name, in: Choice.allCases.map(\.rawValue)).flatMap(Choice.init)
  }

  /// One character that may stand between or before fields.
  private static func separator(
    _ name: String, _ text: String, _ reader: inout ObjectReader
  ) -> UInt8? {
    let bytes = Array(text.utf8)
    let isPlain = bytes.count == 1 && (0x20..<0x7F).contains(bytes[0]) || bytes == [0x09]
    let isTaken =
      bytes.first.map {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "\"")
          || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
      } ?? true
    if isPlain, !isTaken { return bytes[0] }
    let names = delimiters.map(\.name).joined(separator: ", ")
    reader.fault(
      name,
      "\"\(text.prefix(80))\" is unknown; one character that is no letter, digit or quote"
        + (name == "delimiter" ? ", or one of: \(names)" : ""))
    return nil
  }

  private static func flag(_ name: String, _ reader: inout ObjectReader) -> Bool? {
    reader.string(name, in: ["true", "false"]).map { $0 == "true" }
  }

  private static func list(_ name: String, _ reader: inout ObjectReader) -> [String] {
    guard let text = reader.string(name) else { return [] }
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
    if names.contains("") { reader.fault(name, "has an empty name in \"\(text.prefix(80))\"") }
    return names
  }

  private static func integer(
    _ name: String, _ range: ClosedRange<Int>, _ reader: inout ObjectReader
  ) -> Int? {
    guard let text = reader.string(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      reader.fault(
        name,
        "\"\(text.prefix(80))\" is no whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  private func checkWindow(_ reader: inout ObjectReader) {
    if window == nil {
      for name in ["horizon", "steps", "every_row", "entity", "past_target"] where reader.has(name)
      {
        reader.fault(name, "belongs to a table's windows; add window=")
      }
      return
    }
    if predictsEachRow, steps > 1 {
      reader.fault(
        "steps", "contradicts every_row, by which each row of a window has one row to predict")
    }
    if padding != nil {
      if entity == nil {
        reader.fault(
          "padding", "fills up series that are shorter than others; name their column with entity=")
      } else if predictsEachRow {
        reader.fault(
          "padding", "contradicts every_row: rows that aren't there have nothing to predict")
      }
    }
    if missingTarget == .drop {
      reader.fault(
        "missing_target",
        "would join rows that don't follow each other in a window; fill the targets in")
    }
    if shape != nil {
      reader.fault("shape", "contradicts window, which makes the shape: rows, numbers of a row")
    }
  }

  /// What belongs to texts stands with them only, and nothing else does.
  private static let ofTexts = ["sequence_length", "stride", "tokens"]

  private func checkText(_ reader: inout ObjectReader) {
    let all = ImportOptions.fields.map(\.name)
    if format == .text {
      if !reader.has("sequence_length") {
        reader.fault("sequence_length", "is missing: how many tokens an example of a text has")
      }
      for name in all where reader.has(name) && name != "format" {
        if !ImportOptions.ofTexts.contains(name) {
          reader.fault(name, "means nothing for a text; leave it out")
        }
      }
    } else {
      for name in ImportOptions.ofTexts
      where reader.has(name) && !(name == "stride" && window != nil)
        && !(name == "sequence_length" && format == .timeSeries)
      {
        reader.fault(name, "belongs to texts; add format=text")
      }
    }
  }

  /// What is said of single arrays must be of arrays that are named.
  private func checkArrays(_ reader: inout ObjectReader) {
    if targets.count > DatasetDescription.mostArrays {
      reader.fault("targets", "names more than \(DatasetDescription.mostArrays) arrays")
    }
    if Set(targets).count < targets.count { reader.fault("targets", "names an array twice") }
    let forFeatures = [
      ("scale", Array(ofArrays.scales.keys)), ("shape", Array(ofArrays.shapes.keys)),
    ]
    let forTargets = [
      ("target_scale", Array(ofArrays.targetScales.keys)),
      ("target_kind", Array(ofArrays.targetKinds.keys)),
    ]
    for (list, known, option) in forFeatures.map({ ($0, features, "features") })
      + forTargets.map({ ($0, targets, "targets") })
    {
      for array in list.1.sorted() where !known.contains(array) {
        reader.fault(
          list.0, "\"\(array.prefix(80))\" isn't named in \(option)=\(nearest(array, among: known))"
        )
      }
    }
    for (array, kind) in ofArrays.targetKinds where kind == .class {
      if (ofArrays.targetScales[array] ?? targetScale) != .none {
        reader.fault("target_scale", "classes aren't scaled; leave \"\(array)\" out")
      }
    }
  }

  private static func shape(_ parts: [String], _ reader: inout ObjectReader) -> Shape? {
    let extents = parts.compactMap { Int($0) }.filter { $0 > 0 }
    guard extents.count == parts.count, extents.count <= 8, Shape(extents).checkedCount != nil
    else {
      reader.fault("shape", "expected up to 8 positive extents separated by commas, such as 1,8,8")
      return nil
    }
    return Shape(extents)
  }
}

private func trimmed(_ text: Substring) -> String {
  var text = text
  while text.first == " " { text.removeFirst() }
  while text.last == " " { text.removeLast() }
  return String(text)
}
