import JSON
import Tensors

/// All that is known of a decoded dataset but its numbers.
public struct DatasetDescription: Hashable, Sendable {
  /// What a model is fed with.
  public struct Input: Hashable, Sendable {
    /// The shape of one example, without the batch axis.
    public let shape: Shape
    /// How the numbers lie on disk: `float32`, scaled already, or `uint8`, scaled when gathered.
    public let stored: ElementType
    /// One for all numbers of an array, or one for each; none for tables, whose columns have theirs.
    public let scalings: [Scaling]
    /// Of all numbers of the upload, before scaling; `nil` for tables, whose columns have theirs.
    public let statistics: NumberStatistics?
    /// How a text's examples are cut out of it; `nil` for anything but texts.
    public internal(set) var windows: TextWindows?
    /// How a table's examples are cut out of its rows; `nil` where a row is an example.
    public internal(set) var series: SeriesWindows?
    /// What stands behind series that are shorter than others; `nil` where all are of one length.
    public internal(set) var padding: Double?
  }

  /// What a model is to predict.
  public enum Target: Hashable, Sendable {
    /// One of several classes, each with how many examples it has. Gathered as `Int32`.
    case classes(names: [String], counts: [Int])
    /// One of several classes at each place of the shape, each with how often it occurs. Gathered as `Int32`.
    case sequence(names: [String], counts: [Int], shape: Shape)
    /// Numbers. Gathered as `Float`. One scaling and one statistic for each, or for all together.
    case vector(shape: Shape, scalings: [Scaling], statistics: [NumberStatistics])

    public enum Kind: String, Hashable, Sendable, CaseIterable {
      case `class`, sequence, vector
    }

    public var kind: Kind {
      switch self {
      case .classes: .class
      case .sequence: .sequence
      case .vector: .vector
      }
    }

    /// The shape of one example's target; `[]` for a class.
    public var shape: Shape {
      switch self {
      case .classes: []
      case .vector(let shape, _, _), .sequence(_, _, let shape): shape
      }
    }

    /// `int32` for classes, else `float32`.
    public var element: ElementType { kind == .vector ? .float32 : .int32 }

    /// The classes' names, in the order of their indices; none for a vector.
    public var classes: [String] {
      switch self {
      case .classes(let names, _), .sequence(let names, _, _): names
      case .vector: []
      }
    }
  }

  public let format: DatasetFormat
  public let examples: Int
  public let input: Input
  public let target: Target
  /// The columns of a table, also those left out; none for arrays.
  public let columns: [Column]
  /// Bytes of the upload.
  public let sizeBytes: Int
  /// Of the upload's bytes, part after part; 64 hexadecimal digits.
  public let sha256: String
  /// The options of the import, in canonical form.
  public let options: String
  /// All arrays by their names, when there are several inputs or targets; `input` and `target` are the first.
  public var arrays: NamedArrays?
  /// The graph whose vertices, or graphs, the examples are; `nil` when they make none.
  public var graph: GraphDescription?

  public var inputShape: Shape { input.shape }
  /// What `gather` writes: always `float32`.
  public var inputElement: ElementType { .float32 }

  /// The columns that make the input, in order.
  public var featureColumns: [Column] { columns.filter { $0.role == .feature } }

  /// Whether categories are encoded by the target.
  public var hasTargetCodes: Bool { columns.haveTargetCodes }

  /// A category whose number a model is to learn a vector in place of.
  public struct EmbeddedColumn: Hashable, Sendable {
    public let name: String
    /// Where its number is along an input's last axis, counted from 0.
    public let place: Int
    public let values: Int
  }

  public var embeddedColumns: [EmbeddedColumn] {
    let features = featureColumns
    return zip(features, Column.places(of: features).offsets).compactMap { column, place in
      column.treatment.encoding == .embed
        ? EmbeddedColumn(name: column.name, place: place, values: column.values.count) : nil
    }
  }
}

extension DatasetDescription {
  /// The members of `POST /v1/datasets`' answer that the data decides.
  public var json: JSON {
    var object = JSONObject([
      ("format", .string(format.rawValue)), ("examples", .integer(examples)),
      ("input", input.json), ("target", target.json),
      ("columns", .array(columns.map(\.json))), ("size_bytes", .integer(sizeBytes)),
      ("sha256", .string(sha256)), ("options", .string(options)),
    ])
    if let arrays {
      object["inputs"] = arrays.inputsJSON
      object["targets"] = arrays.targetsJSON
    }
    if let graph { object["graph"] = graph.json }
    return .object(object)
  }

  /// Reads back what `json` wrote.
  ///
  /// - Throws: `Faults` for anything that `json` wouldn't have written.
  public init(_ json: JSON, pointer: String = "") throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    let formats = DatasetFormat.allCases.map(\.rawValue)
    format = reader.string("format", in: formats).flatMap(DatasetFormat.init) ?? .csv
    examples = reader.integer("examples", in: 1...Int.max) ?? 1
    sizeBytes = reader.integer("size_bytes", in: 0...Int.max) ?? 0
    sha256 = reader.string("sha256") ?? ""
    options = reader.string("options") ?? ""
    var columns: [Column] = []
    for (index, column) in (reader.array("columns") ?? []).enumerated() {
      columns.append(try Column(column, pointer: "\(reader.pointer(to: "columns"))/\(index)"))
    }
    self.columns = columns
    arrays = try NamedArrays(&reader)
    let graphValue = reader.value("graph")
    let inputValue = reader.requiredValue("input") ?? .null
    let targetValue = reader.requiredValue("target") ?? .null
    try reader.finish().check()
    input = try Input(inputValue, pointer: pointer + "/input")
    target = try Target(targetValue, pointer: pointer + "/target")
    if let graphValue { graph = try GraphDescription(graphValue, pointer: pointer + "/graph") }
  }
}

extension DatasetDescription.Input {
  var json: JSON {
    var input = JSONObject([
      ("shape", .array(shape.dimensions.map(JSON.integer))),
      ("dtype", windows == nil ? "float32" : "int32"),
      ("stored", .string(windows?.storedName ?? stored.rawValue)),
    ])
    if let windows {
      input["vocabulary"] = .integer(windows.vocabulary)
      input["text"] = windows.json
    }
    if let series { input["series"] = series.json }
    if let padding { input["padding"] = .number(padding) }
    if !scalings.isEmpty { input["scaling"] = .array(scalings.map(\.json)) }
    if let statistics { input["statistics"] = statistics.json }
    return .object(input)
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    _ = reader.string("dtype", in: ["float32", "int32"])
    shape = Shape(reader: &reader)
    let vocabulary = reader.integer("vocabulary", in: 1...Int.max)
    if let value = reader.value("text") {
      windows = try TextWindows(
        value, vocabulary: vocabulary ?? 1, pointer: reader.pointer(to: "text"))
      _ = reader.string("stored")
      stored = .uint8
    } else {
      windows = nil
      stored =
        reader.string("stored", in: ["float32", "uint8"]).flatMap(ElementType.init) ?? .float32
    }
    if let value = reader.value("series") {
      series = try SeriesWindows(value, pointer: reader.pointer(to: "series"))
    }
    padding = reader.double("padding", in: ImportOptions.paddings)
    scalings = try reader.list("scaling") { (value, pointer) throws(Faults) in
      try Scaling(value, pointer: pointer)
    }
    if let value = reader.value("statistics") {
      statistics = try NumberStatistics(value, pointer: reader.pointer(to: "statistics"))
    } else {
      statistics = nil
    }
    try reader.finish().check()
  }
}

extension DatasetDescription.Target {
  var json: JSON {
    var target = JSONObject([("kind", .string(kind.rawValue))])
    switch self {
    case .classes(let names, let counts):
      target["classes"] = .array(names.map(JSON.string))
      target["counts"] = .array(counts.map(JSON.integer))
      target["shape"] = []
      target["dtype"] = "int32"
    case .sequence(let names, let counts, let shape):
      target["classes"] = .array(names.map(JSON.string))
      target["counts"] = .array(counts.map(JSON.integer))
      target["shape"] = .array(shape.dimensions.map(JSON.integer))
      target["dtype"] = "int32"
    case .vector(let shape, let scalings, let statistics):
      target["shape"] = .array(shape.dimensions.map(JSON.integer))
      target["dtype"] = "float32"
      target["scaling"] = .array(scalings.map(\.json))
      target["statistics"] = .array(statistics.map(\.json))
    }
    return .object(target)
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    let kind = reader.string("kind", in: Kind.allCases.map(\.rawValue)).flatMap(Kind.init)
    _ = reader.string("dtype")
    let shape = Shape(reader: &reader)
    switch kind {
    case .class:
      let names = reader.strings("classes") ?? []
      let counts = (reader.array("counts") ?? []).compactMap(\.integer)
      if counts.count != names.count { reader.fault("counts", "is no list of \(names.count)") }
      self = .classes(names: names, counts: counts)
    case .sequence:
      let names = reader.strings("classes") ?? []
      let counts = (reader.array("counts") ?? []).compactMap(\.integer)
      if counts.count != names.count { reader.fault("counts", "is no list of \(names.count)") }
      self = .sequence(names: names, counts: counts, shape: shape)
    default:
      let scalings = try reader.list("scaling") { (value, pointer) throws(Faults) in
        try Scaling(value, pointer: pointer)
      }
      let statistics = try reader.list("statistics") { (value, pointer) throws(Faults) in
        try NumberStatistics(value, pointer: pointer)
      }
      self = .vector(shape: shape, scalings: scalings, statistics: statistics)
    }
    try reader.finish().check()
  }
}

extension Shape {
  fileprivate init(reader: inout ObjectReader) {
    let extents = (reader.array("shape") ?? []).compactMap(\.integer)
    self.init(extents)
    if checkedCount == nil { reader.fault("shape", "is no shape") }
  }
}

extension ObjectReader {
  fileprivate mutating func list<Element>(
    _ name: String, _ make: (JSON, String) throws(Faults) -> Element
  ) throws(Faults) -> [Element] {
    var elements: [Element] = []
    for (index, value) in (array(name) ?? []).enumerated() {
      elements.append(try make(value, "\(pointer(to: name))/\(index)"))
    }
    return elements
  }
}
