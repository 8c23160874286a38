import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("Windows of rows")
struct SeriesTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test("windows of rows, the target so many after, and a split that no row crosses")
  func windows() throws {
    let text = "a,y\n" + (0..<20).map { "\($0),\($0 * 10).5" }.joined(separator: "\n") + "\n"
    let dataset = try workspace.imported(
      text: text,
      ["window": "3", "horizon": "2", "stride": "2", "scale": "none", "past_target": "false"])
    #expect(dataset.inputShape == [3, 1] && dataset.examples == 8)
    #expect(dataset.allInputs[..<6] == [0, 1, 2, 2, 3, 4])
    #expect(dataset.allTargets(Float.self)[..<3] == [40.5, 60.5, 80.5])
    let split = dataset.split(validationFraction: 0.5, seed: 3)
    // Rows 0 to 9 train, targets included; windows that validate begin at row 10.
    #expect(split.training == [0, 1, 2] && split.validation == [5, 6, 7])
    let past = try workspace.imported(text: text, ["window": "3"])
    #expect(past.inputShape == [3, 2] && past.examples == 17)
    #expect(past.description.featureColumns.map(\.name) == ["a", "y before"])
    let rows: JSON = [["a": 0, "y before": 0.5], ["a": 1, "y before": 10.5], [2, 20.5]]
    #expect(try past.encode(rows: [rows]).elements(of: Float.self) == Array(past.allInputs[..<6]))
    #expect(throws: Faults.self) { try past.encode(rows: [[[0, 0]]]) }
    let fitted = past.fitted(to: ExampleSet(0..<8))
    let scaled = try past.adapted(to: fitted).allInputs
    let first = stride(from: 0, to: 8 * 6, by: 6).map { scaled[$0] }
    #expect(abs(first.reduce(0, +) / 8) < 1e-5)
    let short = #expect(throws: DatasetError.self) {
      try workspace.imported(text: text, ["window": "19", "horizon": "2"])
    }
    #expect(short?.code == .option)
    // One column, of which the past is all there is to predict from.
    let alone = try workspace.imported(
      text: "y\n1.5\n2.5\n3.5\n4.5\n5.5\n", ["window": "2", "target_kind": "vector"])
    #expect(alone.inputShape == [2, 1] && alone.allTargets(Float.self) == [3.5, 4.5, 5.5])
    let nothing = #expect(throws: DatasetError.self) {
      try workspace.imported(text: "y\na\nb\na\nb\n", ["window": "2"])
    }
    #expect(nothing?.code == .option)
    #expect(throws: DatasetError.self) { try workspace.imported(text: "y\n1.5\n2.5\n") }
  }

  /// Twenty rows whose number and target say which they are.
  private static let numbered =
    "a,y,z\n" + (0..<20).map { "\($0),\($0 * 10),\($0 * 100)" }.joined(separator: "\n") + "\n"

  private func imported(_ text: String, _ query: [String: String]) throws -> Dataset {
    let usual = ["scale": "none", "past_target": "false", "target_kind": "vector"]
    return try workspace.imported(text: text, usual.merging(query) { $1 })
  }

  @Test("several steps are predicted, of one column or of two, scaled or of classes")
  func steps() throws {
    let query = ["window": "3", "horizon": "2", "steps": "4", "target": "y", "features": "a"]
    let one = try imported(Self.numbered, query)
    // The last window's rows are 12 to 14, and it predicts 16 to 19.
    #expect(one.target.shape == [4] && one.examples == 13)
    let targets = one.allTargets(Float.self)
    #expect(targets[..<8] == [40, 50, 60, 70, 50, 60, 70, 80])
    #expect(targets.suffix(4) == [160, 170, 180, 190])
    #expect(one.allInputs.suffix(3) == [12, 13, 14])
    let two = try imported(
      Self.numbered, query.merging(["target": "y,z", "stride": "3"]) { $1 })
    #expect(two.target.shape == [4, 2] && two.examples == 5)
    #expect(two.allTargets(Float.self)[..<8] == [40, 400, 50, 500, 60, 600, 70, 700])
    #expect(two.allTargets(Float.self)[8..<10] == [70, 700])
    // Half of the rows train: windows whose last target is row 9 or before it.
    #expect(one.split(validationFraction: 0.5, seed: 1).training == ExampleSet(0...2))
    #expect(one.split(validationFraction: 0.5, seed: 1).validation == ExampleSet(10...12))
    let scaled = try imported(
      Self.numbered, query.merging(["target_scale": "standard"]) { $1 })
    let description = scaled.fitted(to: ExampleSet(0...2))
    let adapted = try scaled.adapted(to: description)
    // Those rows' targets: 40 to 70, 50 to 80 and 60 to 90.
    let known: [Double] = [40, 50, 60, 70, 50, 60, 70, 80, 60, 70, 80, 90]
    let mean = known.reduce(0, +) / 12
    let deviation = (known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 12).squareRoot()
    for (found, value) in zip(adapted.allTargets(Float.self), known) {
      #expect(abs(Double(found) - (value - mean) / deviation) < 1e-5)
    }
    #expect(
      zip(description.decodeTarget(Array(adapted.allTargets(Float.self)[..<4])), known)
        .allSatisfy { abs($0 - $1) < 1e-4 })
    let letters =
      "a,y\n" + (0..<12).map { "\($0),\(["p", "q", "r"][$0 % 3])" }.joined(separator: "\n")
    let classes = try workspace.imported(text: letters, ["window": "2", "steps": "3"])
    guard case .sequence(let names, _, let shape) = classes.target else {
      Issue.record("\(classes.target)")
      return
    }
    #expect(names == ["p", "q", "r"] && shape == [3])
    #expect(classes.allTargets(Int32.self)[..<6] == [2, 0, 1, 0, 1, 2])
  }

  @Test("each row of a window has the one after it to predict, for teacher forcing")
  func everyRow() throws {
    let each = try imported(
      Self.numbered, ["window": "3", "every_row": "true", "target": "y", "stride": "4"])
    #expect(each.target.shape == [3, 1] && each.inputShape == [3, 2] && each.examples == 5)
    #expect(each.allTargets(Float.self)[..<6] == [10, 20, 30, 50, 60, 70])
    #expect(each.allTargets(Float.self).suffix(3) == [170, 180, 190])
    let far = try imported(
      Self.numbered,
      ["window": "3", "every_row": "true", "horizon": "5", "target": "y,z", "features": "a"])
    #expect(far.target.shape == [3, 2] && far.examples == 13)
    #expect(far.allTargets(Float.self)[..<6] == [50, 500, 60, 600, 70, 700])
    #expect(far.allInputs[..<3] == [0, 1, 2])
  }

  /// Series of 9, 4 and 2 rows, mixed up; a row is `series · 100 + number`.
  private static let mixed: String = {
    let lengths = [("b", 1, 9), ("a", 2, 4), ("c", 3, 2)]
    var rows = ["shop,x,y"]
    for number in 0..<9 {
      for (name, series, length) in lengths where number < length {
        rows.append("\(name),\(series * 100 + number),\(series * 100 + number).5")
      }
    }
    return rows.joined(separator: "\n") + "\n"
  }()

  @Test("windows by a column lie within one series each, however its rows are mixed up")
  func entities() throws {
    let dataset = try imported(Self.mixed, ["window": "3", "entity": "shop"])
    // In the order in which series come first: 6 windows of nine rows, 1 of four, none of two.
    #expect(dataset.examples == 7 && dataset.inputShape == [3, 1])
    #expect(dataset.allInputs[..<6] == [100, 101, 102, 101, 102, 103])
    #expect(dataset.allInputs.suffix(3) == [200, 201, 202])
    #expect(
      dataset.allTargets(Float.self) == [103.5, 104.5, 105.5, 106.5, 107.5, 108.5, 203.5])
    let entities = try #require(dataset.description.input.series?.entities)
    #expect(entities.column == "shop" && entities.count == 3 && entities.short == 1)
    let column = try #require(dataset.description.columns.first { $0.name == "shop" })
    #expect(column.role == .ignored)
    // Where it is asked for, it is a feature too.
    let named = try imported(
      Self.mixed, ["window": "3", "entity": "shop", "features": "shop,x"])
    #expect(named.inputShape == [3, 4])
    // A third of nine rows is too few for a window; half of them isn't.
    let split = dataset.split(validationFraction: 0.5, seed: 1)
    #expect(split.training == [0, 6] && split.validation == [4, 5])
    let again = try imported(Self.mixed, ["window": "3", "entity": "1", "stride": "2"])
    #expect(again.allTargets(Float.self) == [103.5, 105.5, 107.5, 203.5])
  }

  @Test("a series shorter than a window is filled up behind where padding says so")
  func padded() throws {
    let dataset = try imported(
      Self.mixed, ["window": "4", "entity": "shop", "padding": "-9", "horizon": "1"])
    // Four rows less the one to predict, and two less one.
    #expect(dataset.examples == 5 + 1 + 1)
    #expect(dataset.allInputs.suffix(8) == [200, 201, 202, -9, 300, -9, -9, -9])
    #expect(dataset.allTargets(Float.self).suffix(2) == [203.5, 301.5])
    #expect(dataset.description.input.series?.entities?.short == 0)
    let scaled = try workspace.imported(
      text: Self.mixed,
      [
        "window": "4", "entity": "shop", "padding": "-9", "past_target": "false",
        "target_kind": "vector",
      ])
    let fitted = try scaled.adapted(to: scaled.fitted(to: ExampleSet(0..<3)))
    #expect(fitted.allInputs.suffix(3) == [-9, -9, -9])
    #expect(
      try dataset.encode(rows: [[[200], [201], [202]]]).elements(of: Float.self)
        == [200, 201, 202, -9])
    #expect(throws: Faults.self) { try dataset.encode(rows: [[[1], [2], [3], [4], [5]]]) }
    #expect(throws: Faults.self) { try dataset.encode(rows: [[]]) }
  }

  @Test("series too short to be cut validate as a whole")
  func wholeSeries() throws {
    var rows = ["shop,x,y"]
    for series in 0..<10 { for number in 0..<4 { rows.append("s\(series),\(number),\(number).5") } }
    let dataset = try imported(
      rows.joined(separator: "\n"), ["window": "3", "entity": "shop"])
    let split = dataset.split(validationFraction: 0.2, seed: 1)
    #expect(split.training == ExampleSet(0..<8) && split.validation == ExampleSet(8..<10))
    let half = dataset.split(validationFraction: 0.99, seed: 1)
    #expect(half.training.count == 1 && half.validation.count == 9)
  }

  @Test("a split cuts each series, or keeps each whole")
  func splits() throws {
    var rows = ["shop,x,y"]
    for number in 0..<20 {
      for series in 0..<4 { rows.append("s\(series),\(series * 100 + number),0.5") }
    }
    let file = try workspace.file(rows.joined(separator: "\n"))
    let dataset = try workspace.imported(
      file,
      [
        "window": "3", "entity": "shop", "scale": "none", "past_target": "false",
        "target_kind": "vector",
      ])
    let source = SplitSource(dataset, upload: file)
    func parts(_ recipe: JSON) throws -> SplitParts { try SplitRecipe(recipe).parts(of: source) }
    let order = try parts(["type": "order", "validation": 0.25, "test": 0.25]).roles()
    // Of each: rows 0 to 9, 10 to 14 and 15 to 19; a window takes four.
    for series in 0..<4 {
      let first = series * 17
      #expect(order.training.filter { $0 / 17 == series } == Array(first...first + 6))
      #expect(order.validation.filter { $0 / 17 == series } == [first + 10, first + 11])
      #expect(order.test.filter { $0 / 17 == series } == [first + 15, first + 16])
    }
    let groups = try parts(["type": "group", "column": "shop", "validation": 0.25]).roles()
    #expect(groups.validation.count == 17 && Set(groups.validation.map { $0 / 17 }).count == 1)
    #expect(groups.training.count == 3 * 17)
    for recipe: JSON in [
      ["type": "group", "column": "x"], ["type": "random"],
      ["type": "stratified", "column": "shop"],
    ] {
      let error = #expect(throws: DatasetError.self) { try parts(recipe) }
      #expect(error?.code == .unsupported && error?.message.contains("\"shop\"") == true)
    }
  }

  @Test(
    "what can't be is told",
    arguments: [
      (["entity": "shop"], "belongs to a table's windows"),
      (["window": "3", "padding": "0"], "entity="),
      (["window": "3", "every_row": "true", "steps": "2"], "contradicts every_row"),
      (
        ["window": "3", "entity": "shop", "every_row": "true", "padding": "0"], "nothing to predict"
      ),
      (["window": "3", "steps": "0"], "from 1 to"),
    ] as [([String: String], String)])
  func faults(query: [String: String], words: String) throws {
    let faults = #expect(throws: Faults.self) { try ImportOptions(query: query) }
    #expect(
      faults?.all.contains { $0.detail.contains(words) } == true, "\(String(describing: faults))")
  }

  @Test("a series without a name, a column that isn't there, and windows longer than all series")
  func refusals() throws {
    let query = ["window": "2", "entity": "shop"]
    let nameless = try workspace.refusal(text: "shop,x,y\na,1,1.5\n,2,2.5\n", query)
    #expect(nameless?.code == .missingValue && nameless?.row == 3 && nameless?.column == 1)
    let unknown = try workspace.refusal(text: Self.mixed, ["window": "2", "entity": "store"])
    #expect(unknown?.code == .option && unknown?.message.contains("shop") == true)
    let long = try workspace.refusal(text: Self.mixed, ["window": "9", "entity": "shop"])
    #expect(long?.code == .option && long?.message.contains("padding=") == true)
  }

  @Test("arrays of a prediction have a number for each column of each row, treated as the table's")
  func arrays() throws {
    let windows = try workspace.imported(
      text: Self.numbered, ["window": "3", "target": "y", "target_kind": "vector", "scale": "log"])
    let rows: [[Double]] = [[0, 0, 0], [1, 100, 10], [2, 200, 20]]
    let known = try windows.encode(
      rows: [.array(rows.map { .array($0.map(JSON.number)) })])
    #expect(known.elements(of: Float.self) == Array(windows.allInputs[..<9]))
    let npy = NPYFile.bytes("<f8", [1, 3, 3], rows.flatMap { $0 })
    #expect(
      try windows.description.encode(npy: npy).elements(of: Float.self)
        == known.elements(of: Float.self))
    let short = #expect(throws: DatasetError.self) {
      try windows.description.encode(npy: NPYFile.bytes("<f8", [1, 3], [1.0, 2, 3]))
    }
    #expect(short?.message.contains("3 rows of 3 columns") == true)
    let gaps = try workspace.imported(
      text: "a,b,y\n1,2,0.5\n,4,1.5\n3,9,2.5\n", ["missing": "indicator", "scale": "none"])
    #expect(gaps.allInputs == [1, 0, 2, 2, 1, 4, 3, 0, 9])
    let array = NPYFile.bytes("<f8", [3, 2], [1.0, 2, .nan, 4, 3, 9])
    #expect(try gaps.description.encode(npy: array).elements(of: Float.self) == gaps.allInputs)
    let refused = #expect(throws: DatasetError.self) {
      try gaps.description.encode(npy: NPYFile.bytes("<f8", [1, 2], [1.0, .nan]))
    }
    #expect(refused?.row == 1 && refused?.columnName == "b")
  }

  @Test("options come back from their line")
  func canonical() throws {
    let query = [
      "window": "3", "steps": "4", "entity": "shop", "padding": "-1.5", "horizon": "2",
    ]
    let options = try ImportOptions(query: query)
    #expect(try ImportOptions(canonical: options.canonical) == options)
    let each = try ImportOptions(query: ["window": "3", "every_row": "true"])
    #expect(try ImportOptions(canonical: each.canonical) == each)
  }

  @Test("a file of series that is damaged is told of when the dataset is opened")
  func damaged() throws {
    let dataset = try imported(Self.mixed, ["window": "3", "entity": "shop"])
    let file = dataset.directory.appendingPathComponent(SeriesExamples.fileName)
    var bytes = [UInt8](try Data(contentsOf: file))
    bytes[8] = 200
    try Data(bytes).write(to: file)
    let error = #expect(throws: DatasetError.self) {
      try Dataset.open(directory: dataset.directory)
    }
    #expect(error?.code == .storage)
    try Data(bytes.dropLast()).write(to: file)
    #expect(throws: DatasetError.self) { try Dataset.open(directory: dataset.directory) }
  }
}
