import JSON
import Tensors

/// How an upload is to be read: the query parameters of `POST /v1/datasets`.
public struct ImportOptions: Hashable, Sendable {
  /// What is done about missing values of features.
  public enum Missing: String, Hashable, Sendable, CaseIterable {
    /// The upload is refused, with row and column.
    case refuse
    /// Numbers get their column's mean, categories their column's most frequent.
    case mean
    /// Numbers get their column's median, categories their column's most frequent.
    case median
    /// Numbers and categories get their column's most frequent value, the least of several.
    case mostFrequent = "most_frequent"
    /// As `mean`, and one more number is 1 where the value is missing.
    case indicator
  }

  /// What is done about numbers far from the others.
  public enum Outliers: String, Hashable, Sendable, CaseIterable {
    case keep
    /// What is beyond one and a half times the range of the middle half from it becomes the nearest that isn't.
    case clip
  }

  /// What becomes of categories.
  public enum Categories: String, Hashable, Sendable, CaseIterable {
    case oneHot = "one_hot"
    case ordinal, hash
  }

  /// Places of a hashed category when nothing is said.
  static let usualBuckets = 64

  /// `nil`: sniffed.
  public var format: DatasetFormat?
  /// Columns of a table that are to be predicted, by name or number from 1; none: the last one.
  public var target: [String] = []
  /// For tables the feature columns, by name or number from 1; for arrays the names of those of features.
  public var features: [String] = []
  /// For arrays the names of those of targets.
  public var targets: [String] = []
  /// Columns of a table that are left out.
  public var ignore: [String] = []
  /// Columns of numbers that name categories.
  public var categorical: [String] = []
  /// Whether the first row holds names; `nil`: sniffed.
  public var header: Bool?
  /// What separates fields; `nil`: comma, semicolon or tab, sniffed.
  public var delimiter: UInt8?
  /// What lines that are passed over begin with.
  public var comment: UInt8?
  /// Rows at the beginning that are passed over.
  public var skippedRows = 0
  public var encoding = TextEncoding.utf8
  /// How numbers and missing values are written.
  public var tableFormat = TableFormat()
  /// What is said of single columns, by name or number from 1.
  public var schema: [String: ColumnRule] = [:]
  public var outliers = Outliers.keep
  public var categoryEncoding = ColumnTreatment.Encoding.oneHot
  /// The schema as it was written, in canonical form.
  private var schemaText = ""
  public var missing = Missing.refuse
  /// `nil`: `standard` for tables, `min_max` over all columns for tables with a shape, `unit` for
  /// arrays of bytes, `none` for other arrays.
  public var scale: ScalingMethod?
  public var targetScale = ScalingMethod.none
  /// `nil`: sniffed.
  public var targetKind: DatasetDescription.Target.Kind?
  /// The shape into which an example's features are put, such as `[1, 8, 8]`.
  public var shape: Shape?
  /// Tokens of a text's example.
  public var sequenceLength: Int?
  /// Tokens from one example of a text to the next; `nil`: the length.
  public var stride: Int?
  /// `nil`: characters.
  public var tokens: TextTokens?
  /// Rows of a table's example; `nil`: one, and no window.
  public var window: Int?
  public var horizon = 1
  /// Whether a window holds the past of what is to be predicted.
  public var hasPastTarget = true
  /// What `window`, `horizon` and a table's `stride` may be.
  static let windows = 1...65_536

  /// What `sequence_length` and `stride` may be.
  static let sequenceLengths = 1...(1 << 20)
  /// What is said of single arrays.
  var ofArrays = ArrayOptions()
  /// Whether a graph's edges go one way; else each goes both ways. `nil`: both.
  public var isDirected: Bool?
  /// Whether only the features of vertices that aren't 0 are stored; `nil`: where they are few.
  public var isSparse: Bool?
  /// Whether the features of each vertex are divided by their sum.
  public var normalizesRows: Bool?

  public init() {}

  private static let delimiters: [(name: String, byte: UInt8)] = [
    ("comma", UInt8(ascii: ",")), ("semicolon", UInt8(ascii: ";")), ("tab", UInt8(ascii: "\t")),
    ("space", UInt8(ascii: " ")), ("pipe", UInt8(ascii: "|")),
  ]

  /// What the query may say: the one list for the decoder and for the API's description.
  public static let fields: [Field] = [
    Field("format", .choice(DatasetFormat.allCases.map(\.rawValue)), "Sniffed when left out"),
    Field(
      "target", .described("columns, separated by commas"),
      "Columns to predict, by name or number from 1; the last when left out (csv)"),
    Field(
      "features", .described("columns or arrays, separated by commas"),
      "Feature columns (csv; all others when left out), or the arrays that are a model's inputs, by "
        + "their names in an npz archive or as parts (x or features when left out)"
    ),
    Field(
      "targets", .described("arrays, separated by commas"),
      "The arrays to learn, likewise (y or targets when left out)"),
    Field("ignore", .described("columns, separated by commas"), "Columns to leave out (csv)"),
    Field(
      "categorical", .described("columns, separated by commas"),
      "Columns of numbers that name categories (csv)"),
    Field("header", .boolean, "Whether the first row holds names; sniffed when left out (csv)"),
    Field(
      "delimiter", .choice(delimiters.map(\.name)),
      "What separates fields; comma, semicolon and tab are sniffed (csv)"),
    Field(
      "comment", .described("one character"),
      "Lines that begin with it are passed over (csv)"),
    Field(
      "skip_rows", .integer(0...1_000_000), default: 0,
      "Rows at the beginning that are passed over (csv)"),
    Field(
      "encoding", .choice(TextEncoding.allCases.map(\.rawValue)), default: "utf-8",
      "How the text's characters are written (csv, jsonl)"),
    Field(
      "decimal", .choice(TableFormat.Decimal.allCases.map(\.rawValue)), default: "point",
      "What stands before the fraction of a number (csv)"),
    Field(
      "thousands", .choice(TableFormat.Thousands.allCases.map(\.rawValue)), default: "none",
      "What stands between groups of three digits (csv)"),
    Field(
      "missing_values", .described("words, separated by commas"),
      "What stands for a missing value, beside nothing, na, n/a, nan, null and ? (csv)"),
    Field(
      "schema", .described("a JSON object by columns"),
      "What single columns are: {\"age\": \"number\", \"city\": {\"encoding\": \"hash\", \"buckets\": 64}}; "
        + "members type, missing, fill, indicator, scale, clip, encoding, buckets, parts (tables)"),
    Field(
      "outliers", .choice(Outliers.allCases.map(\.rawValue)), default: "keep",
      "Whether numbers beyond a box plot's whiskers are brought to them (tables)"),
    Field(
      "categories", .choice(Categories.allCases.map(\.rawValue)), default: "one_hot",
      "What becomes of categories: one 1 among zeros, a number by their order, or a 1 at the place of their hash (tables)"
    ),
    Field(
      "buckets", .integer(ColumnTreatment.buckets), default: .integer(usualBuckets),
      "Places of a hashed category (tables)"),
    Field(
      "missing", .choice(Missing.allCases.map(\.rawValue)), default: "refuse",
      "What is done about missing feature values (csv)"),
    Field(
      "scale", .described("\(methods), or for single arrays name:method,…"),
      "How feature numbers are scaled. csv: standard, or with a shape min_max over all columns; "
        + "bytes: unit (to 0…1); other arrays: none"),
    Field(
      "target_scale", .described("\(methods), or for single arrays name:method,…"), default: "none",
      "How target numbers are scaled; losses are then of scaled numbers"),
    Field(
      "target_kind", .described("class, vector or sequence, or for single arrays name:kind,…"),
      "Text and few integers are classes, other numbers vectors, when left out"),
    Field(
      "shape", .described("extents, separated by commas; or for single arrays name:extents;…"),
      "The shape into which an example's features are put, such as 1,8,8"),
    Field(
      "sequence_length", .integer(sequenceLengths),
      "How many tokens an example has; the target is the token after each (text)"),
    Field(
      "stride", .integer(sequenceLengths),
      "From one example to the next: tokens, sequence_length when left out (text), or rows, 1 when left out (tables with a window); windows that overlap cost no room"
    ),
    Field(
      "window", .integer(windows),
      "How many rows, which follow each other in time, make an example (tables)"),
    Field(
      "horizon", .integer(windows), default: 1,
      "How many rows after its last one an example's target is (tables with a window)"),
    Field(
      "past_target", .boolean, default: true,
      "Whether a window holds the past of what is to be predicted, where that is numbers (tables with a window)"
    ),
    Field(
      "tokens", .choice(TextTokens.allCases.map(\.rawValue)), default: "character",
      "Unicode characters, of which those that occur make the vocabulary, or the 256 bytes (text)"),
    Field(
      "directed", .boolean, default: false,
      "Whether edges go one way; else each goes both ways (graph)"),
    Field(
      "sparse", .boolean,
      "Whether only features that aren't 0 are stored; those of fewer than a tenth when left out (graph)"
    ),
    Field(
      "normalize_rows", .boolean, default: false,
      "Whether each vertex's features are divided by the sum of their absolute values (graph)"),
  ]

  private static let methods = ScalingMethod.allCases.map(\.rawValue).joined(separator: ", ")

  /// Reads query parameters.
  ///
  /// - Parameter query: everything but the parameters that the API itself reads, such as `name`.
  /// - Throws: `Faults` that name every parameter that is unknown or wrong, at `/query/<name>`.
  public init(query: [String: String]) throws(Faults) {
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
    switch ImportOptions.choice("categories", &reader) ?? Categories.oneHot {
    case .oneHot: break
    case .ordinal: categoryEncoding = .ordinal
    case .hash: categoryEncoding = .hash(buckets: buckets ?? ImportOptions.usualBuckets)
    }
    missing = ImportOptions.choice("missing", &reader) ?? .refuse
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
      for name in ["horizon", "past_target"] where reader.has(name) {
        reader.fault(name, "belongs to a table's windows; add window=")
      }
    } else if shape != nil {
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
      where reader.has(name) && !(name == "stride" && window != nil) {
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

  /// An option that was given and means something for graphs alone.
  var ofGraphs: String? {
    if isDirected != nil { return "directed" }
    if isSparse != nil { return "sparse" }
    return normalizesRows == nil ? nil : "normalize_rows"
  }

  /// The options as one text: equal for options that mean the same, whatever order they came in.
  public var canonical: String {
    var parts: [String] = []
    func add(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      parts.append("\(name)=\(value)")
    }
    add("format", format?.rawValue)
    add("target", target.joined(separator: ","))
    add("features", features.joined(separator: ","))
    add("targets", targets.joined(separator: ","))
    add("ignore", ignore.sorted().joined(separator: ","))
    add("categorical", categorical.sorted().joined(separator: ","))
    add("header", header.map(String.init))
    add(
      "delimiter",
      delimiter.map { byte in
        Self.delimiters.first { $0.byte == byte }?.name ?? String(UnicodeScalar(byte))
      })
    add("comment", comment.map { String(UnicodeScalar($0)) })
    add("skip_rows", skippedRows == 0 ? nil : "\(skippedRows)")
    add("encoding", encoding == .utf8 ? nil : encoding.rawValue)
    add("decimal", tableFormat.decimal == .point ? nil : tableFormat.decimal.rawValue)
    add("thousands", tableFormat.thousands == .none ? nil : tableFormat.thousands.rawValue)
    add("missing_values", tableFormat.missingWords.joined(separator: ","))
    add("schema", schemaText)
    add("outliers", outliers == .keep ? nil : outliers.rawValue)
    switch categoryEncoding {
    case .oneHot: break
    case .ordinal: add("categories", "ordinal")
    case .hash(let buckets):
      add("categories", "hash")
      add("buckets", "\(buckets)")
    }
    add("missing", missing == .refuse ? nil : missing.rawValue)
    add("scale", ArrayOptions.canonical(ofArrays.scales) { $0.rawValue } ?? scale?.rawValue)
    add(
      "target_scale",
      ArrayOptions.canonical(ofArrays.targetScales) { $0.rawValue }
        ?? (targetScale == .none ? nil : targetScale.rawValue))
    add(
      "target_kind",
      ArrayOptions.canonical(ofArrays.targetKinds) { $0.rawValue } ?? targetKind?.rawValue)
    func text(_ shape: Shape) -> String {
      shape.dimensions.map(String.init).joined(separator: ",")
    }
    add(
      "shape",
      ArrayOptions.canonical(ofArrays.shapes, separator: ";", text) ?? shape.map(text))
    add("sequence_length", sequenceLength.map(String.init))
    add("stride", stride.flatMap { $0 == sequenceLength ? nil : String($0) })
    add("window", window.map(String.init))
    add("horizon", horizon == 1 ? nil : "\(horizon)")
    add("past_target", hasPastTarget ? nil : "false")
    add("tokens", tokens.flatMap { $0 == .character ? nil : $0.rawValue })
    add("directed", isDirected == true ? "true" : nil)
    add("sparse", isSparse.map(String.init))
    add("normalize_rows", normalizesRows == true ? "true" : nil)
    return parts.joined(separator: "&")
  }
}

private func trimmed(_ text: Substring) -> String {
  var text = text
  while text.first == " " { text.removeFirst() }
  while text.last == " " { text.removeLast() }
  return String(text)
}
