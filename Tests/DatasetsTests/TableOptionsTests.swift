import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("What is told and done of columns")
struct TableOptionsTests {
  private let workspace: Workspace
  private let file = Fixture.file("formats/table.csv")

  init() throws { workspace = try Workspace() }

  /// The numbers that a column makes, one a row.
  private func column(_ dataset: Dataset, _ name: String, _ offset: Int = 0) throws -> [Double] {
    let columns = dataset.description.featureColumns
    let index = try #require(columns.firstIndex { $0.name == name })
    let start = columns[..<index].reduce(0) { $0 + $1.width } + offset
    let (inputs, width) = (dataset.allInputs, dataset.inputShape.count)
    return stride(from: start, to: inputs.count, by: width).map { Double(inputs[$0]) }
  }

  @Test("types, distinct values, quantiles and correlations are those of pandas")
  func summaries() throws {
    let dataset = try workspace.imported(file, ["missing": "mean"])
    let known = try Fixture.format("table")
    let columns = dataset.description.columns
    let kinds = columns.map { $0.summary?.kind }
    #expect(
      kinds == [.numeric, .numeric, .integer, .numeric, .categorical, .boolean, .date, .numeric])
    for column in columns {
      #expect(
        column.summary?.distinct == known["distinct"]?[column.name]?.integer, "\(column.name)")
      if let quantiles = known["quantiles"]?[column.name] {
        #expect(
          Fixture.isNear(column.summary?.quantiles ?? [], Fixture.numbers(quantiles)),
          "\(column.name)")
        #expect(column.summary?.histogram.reduce(0, +) == column.summary?.sampled)
      }
      if let correlation = known["correlation"]?[column.name]?.double {
        let relation = try #require(column.summary?.relation)
        #expect(relation.kind == .correlation && abs(relation.value - correlation) < 1e-5)
      }
    }
    #expect(columns[3].missing == known["missing"]?.integer)
    let town = try #require(columns[4].summary)
    #expect(town.top.map(\.count) == town.top.map(\.count).sorted(by: >) && town.top.count == 4)
    let ratio = try #require(town.relation)
    let wanted = try #require(known["town_and_y"]?.double)
    #expect(ratio.kind == .correlationRatio && abs(ratio.value - wanted) < 1e-5)
    // It is read back as it was written.
    #expect(try Dataset.open(directory: dataset.directory).description == dataset.description)
  }

  @Test("what columns have to do with a class is what pandas finds")
  func relations() throws {
    let dataset = try workspace.imported(file, ["missing": "mean", "target": "town"])
    let known = try Fixture.format("table")
    for (name, kind, wanted) in [
      ("number", ColumnSummary.Relation.Kind.correlationRatio, "number_and_town"),
      ("flag", .association, "flag_and_town"),
    ] {
      let column = try #require(dataset.description.columns.first { $0.name == name })
      let relation = try #require(column.summary?.relation)
      let value = try #require(known[wanted]?.double)
      #expect(relation.kind == kind && abs(relation.value - value) < 1e-5, "\(name)")
    }
  }

  @Test(
    "JSON lines, and a file of another delimiter, decimal mark and encoding, are the same table")
  func otherFiles() throws {
    let table = try workspace.imported(file, ["missing": "mean"])
    let lines = try workspace.imported(Fixture.file("formats/table.jsonl"), ["missing": "mean"])
    #expect(lines.description.format == .jsonl)
    #expect(lines.allInputs == table.allInputs)
    let german = try workspace.imported(
      Fixture.file("formats/german.csv"), ["decimal": "comma", "encoding": "latin-1"])
    for name in ["number", "skewed"] {
      let (one, other) = (try column(german, name), try column(table, name))
      #expect(Fixture.isNear(one, other), "\(name)")
    }
    let towns = try #require(german.description.columns.first { $0.name == "town" })
    #expect(
      towns.content
        == .category(values: ["Genève", "Köln", "Lodz", "Oslo"], counts: counts(towns), fill: nil))
  }

  private func counts(_ column: Column) -> [Int] {
    if case .category(_, let counts, _) = column.content { counts } else { [] }
  }

  @Test("LIBSVM's lines are rows whose features are 0 where they aren't named")
  func sparse() throws {
    let dataset = try workspace.imported(
      Fixture.file("formats/sparse.svm"), ["format": "libsvm", "target": "label", "scale": "none"])
    let known = try Fixture.format("sparse")
    let rows = (known["rows"]?.array ?? []).flatMap { Fixture.numbers($0) }
    #expect(Fixture.isNear(dataset.allInputs.map(Double.init), rows))
    let labels = Fixture.numbers(known["labels"]).map(Int32.init)
    #expect(dataset.allTargets(Int32.self) == labels)
  }

  @Test("robust, logarithmic and clipped numbers are as asked")
  func scalings() throws {
    let known = try Fixture.format("table")
    let robust = try workspace.imported(file, ["missing": "mean", "scale": "robust"])
    #expect(Fixture.isNear(try column(robust, "number"), Fixture.numbers(known["robust"])))
    let schema =
      #"{"skewed": {"scale": "log"}, "number": {"scale": "none", "clip": [40, 60]}, "flag": "ignore"}"#
    let treated = try workspace.imported(file, ["missing": "mean", "schema": schema])
    #expect(Fixture.isNear(try column(treated, "skewed"), Fixture.numbers(known["log"])))
    let clipped = try column(treated, "number")
    #expect(clipped.min() == 40 && clipped.max() == 60)
    #expect(treated.description.columns[5].role == .ignored)
  }

  @Test("a missing number is the median, or the mean beside one number more that tells")
  func missing() throws {
    let known = try Fixture.format("table")
    let gaps = known["gaps"]?.array ?? []
    let median = try workspace.imported(file, ["missing": "median", "scale": "none"])
    let filled = gaps.map { $0.double ?? known["median"]?.double ?? 0 }
    #expect(Fixture.isNear(try column(median, "gaps"), filled))
    let told = try workspace.imported(file, ["missing": "indicator", "scale": "none"])
    let mean = gaps.map { $0.double ?? known["mean"]?.double ?? 0 }
    #expect(Fixture.isNear(try column(told, "gaps"), mean))
    #expect(try column(told, "gaps", 1) == gaps.map { $0 == .null ? 1 : 0 })
    let row: JSON = [
      "number": 1, "skewed": 1, "count": 1, "gaps": nil, "town": "Oslo", "flag": "true",
      "when": "2024-01-01",
    ]
    let encoded = try told.encode(rows: [row])
    let place = told.description.featureColumns.prefix(3).reduce(0) { $0 + $1.width }
    let mean0 = known["mean"]?.double ?? 0
    #expect(abs(Double(encoded.elements(of: Float.self)[place]) - mean0) < 1e-6)
    #expect(encoded.elements(of: Float.self)[place + 1] == 1)
  }

  @Test(
    "categories are numbered or hashed where that is asked for, and a hash takes what it never saw")
  func categories() throws {
    let ordinal = try workspace.imported(file, ["missing": "mean", "categories": "ordinal"])
    #expect(Set(try column(ordinal, "town")).count == 4)
    #expect(try column(ordinal, "town").allSatisfy { (-1...1).contains($0) })
    let hashed = try workspace.imported(
      file, ["missing": "mean", "categories": "hash", "buckets": "16"])
    let width = try #require(hashed.description.columns.first { $0.name == "town" }).width
    #expect(width == 16)
    var row: [String: JSON] = [
      "number": 1, "skewed": 1, "count": 1, "gaps": 0, "town": "Reykjavík", "flag": "true",
      "when": "2024-01-01T00:00:00",
    ]
    let unseen = try hashed.encode(rows: [.object(JSONObject(row.map { ($0, $1) }))])
    #expect(unseen.elements(of: Float.self)[4..<20].reduce(0, +) == 1)
    row["town"] = "Oslo"
    #expect(throws: Faults.self) {
      try ordinal.encode(rows: [
        .object(JSONObject(row.merging(["town": "Bergen"]) { $1 }.map { ($0, $1) }))
      ])
    }
  }

  @Test("dates become time and what comes round again")
  func dates() throws {
    let known = try Fixture.format("table")
    let schema = #"{"when": {"parts": ["time", "month", "weekday", "hour"], "scale": "none"}}"#
    let dataset = try workspace.imported(file, ["missing": "mean", "schema": schema])
    #expect(Fixture.isNear(try column(dataset, "when"), Fixture.numbers(known["seconds"]), 1e-7))
    func angles(_ values: [Double], of round: Double) -> [Double] {
      values.map { sin(2 * .pi * $0 / round) }
    }
    #expect(
      Fixture.isNear(
        try column(dataset, "when", 1),
        angles(Fixture.numbers(known["month"]).map { $0 - 1 }, of: 12))
    )
    #expect(
      Fixture.isNear(
        try column(dataset, "when", 3), angles(Fixture.numbers(known["weekday"]), of: 7)))
    #expect(
      Fixture.isNear(try column(dataset, "when", 5), angles(Fixture.numbers(known["hour"]), of: 24))
    )
  }

  @Test("a run's scalings are of the rows that it trains on alone")
  func fitting() throws {
    let known = try Fixture.format("table")
    let dataset = try workspace.imported(
      file, ["missing": "mean", "schema": #"{"skewed": {"scale": "log"}}"#])
    let fitted = dataset.fitted(to: ExampleSet(0..<40))
    #expect(fitted != dataset.description && fitted.isSameData(as: dataset.description))
    for name in ["number", "count", "gaps"] {
      let column = try #require(fitted.columns.first { $0.name == name })
      guard case .number(_, let scaling, let fill) = column.content else { continue }
      let (mean, deviation) = (
        Fixture.numbers(known["first40"]?[name])[0], Fixture.numbers(known["first40"]?[name])[1]
      )
      #expect(abs(scaling.subtract - mean) < 1e-4 * max(1, abs(mean)), "\(name)")
      #expect(abs(scaling.divide - deviation) < 1e-4 * deviation, "\(name)")
      if name == "gaps" { #expect(abs((fill ?? 99) - mean) < 1e-5) }
    }
    let adapted = try dataset.adapted(to: fitted)
    let train = try column(adapted, "number")[..<40]
    #expect(abs(train.reduce(0, +) / 40) < 1e-5)
    #expect(abs(train.reduce(0) { $0 + $1 * $1 } / 40 - 1) < 1e-4)
    let logarithms = try column(adapted, "skewed")[..<40]
    #expect(abs(logarithms.reduce(0, +) / 40) < 1e-5)
    // What is missing is the mean of those rows: 0, where they are standardised.
    let gaps = known["gaps"]?.array ?? []
    let missing = zip(try column(adapted, "gaps"), gaps).filter { $0.1 == .null }
    #expect(!missing.isEmpty && missing.allSatisfy { abs($0.0) < 1e-5 })
  }

  @Test("a column of one number among many gaps is filled with it, whichever rows are looked at")
  func rareNumber() throws {
    let rows = (0..<33_000).map { "\($0),\($0 == 17 ? "2.5" : ""),\($0 % 2)" }
    let dataset = try workspace.imported(
      text: "a,b,y\n" + rows.joined(separator: "\n"), ["missing": "median", "scale": "robust"])
    let fitted = dataset.fitted(to: ExampleSet(0..<33_000))
    guard case .number(_, _, let fill) = fitted.columns[1].content else {
      Issue.record("b is no number")
      return
    }
    #expect(fill == 2.5)
  }

  @Test("what is clipped and what is most frequent are of the rows that a run trains on alone")
  func fittedClips() throws {
    // Those that train lie near 10, with one far off; the others near 1,000.
    let numbers: [Double] = (0..<120).map { row in
      if row == 7 { return 500.25 }
      return row < 80 ? 10 + Double(row * 37 % 40) / 8 : 1_000 + Double(row)
    }
    let rows: [String] = numbers.enumerated().map { row, number in
      let frequent = row < 80 ? "\(row % 3).5" : "9.5"
      return "\(number),\(row % 10 == 3 ? "" : frequent),\(row).5"
    }
    let dataset = try workspace.imported(
      text: "a,b,y\n" + rows.joined(separator: "\n"),
      ["outliers": "clip", "missing": "most_frequent", "scale": "none"])
    let fitted = dataset.fitted(to: ExampleSet(0..<80))
    let sorted = numbers[..<80].sorted()
    // 79 gaps between the least and the largest.
    func quantile(_ place: Double) -> Double {
      let below = Int(place)
      return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
    }
    let (lower, upper) = (quantile(19.75), quantile(59.25))
    let reach = 1.5 * (upper - lower)
    let clip = try #require(fitted.columns[0].treatment.clip)
    #expect(abs(clip.lowerBound - (lower - reach)) < 1e-4)
    #expect(abs(clip.upperBound - (upper + reach)) < 1e-4)
    #expect(try #require(dataset.description.columns[0].treatment.clip).upperBound > 400)
    let adapted = try dataset.adapted(to: fitted).allInputs
    #expect(stride(from: 0, to: 240, by: 2).allSatisfy { adapted[$0] <= Float(clip.upperBound) })
    #expect(adapted[2 * 7] == Float(clip.upperBound) && adapted[0] == Float(numbers[0]))
    // Of rows 0 to 79 without those that end in 3, 0.5 is the least of the most frequent.
    var counts = [0, 0, 0]
    for row in 0..<80 where row % 10 != 3 { counts[row % 3] += 1 }
    let most = try #require(counts.firstIndex(of: counts.max() ?? 0))
    #expect(adapted[2 * 3 + 1] == Float(most) + 0.5)
    #expect(dataset.allInputs[2 * 3 + 1] == 9.5)
    let asked = try fitted.encode(rows: [[5_000, .null]]).elements(of: Float.self)
    #expect(asked == [Float(clip.upperBound), Float(most) + 0.5])
    let again = try DatasetDescription(fitted.json)
    #expect(again == fitted)
  }

  @Test("comments, rows at the beginning and words for what is missing are passed over")
  func passedOver() throws {
    let text = "made by hand\n# a remark\na;b\n1.234,5;x\n# another\n-;y\n10,5;x\n"
    let dataset = try workspace.imported(
      text: text,
      [
        "skip_rows": "1", "comment": "#", "delimiter": ";", "decimal": "comma",
        "thousands": "point", "missing_values": "-", "missing": "mean", "scale": "none",
      ])
    #expect(dataset.allInputs == [1234.5, 622.5, 10.5])
    let frequent = try workspace.imported(
      text: "a;y\n1,5;1\n1,5;2\n9,5;3\n;4\n",
      ["decimal": "comma", "missing": "most_frequent", "scale": "none"])
    #expect(frequent.allInputs == [1.5, 1.5, 9.5, 1.5])
  }

  @Test("what a schema says wrongly is told with its place")
  func faults() throws {
    let faults = #expect(throws: Faults.self) {
      try ImportOptions(query: [
        "schema": #"{"a": {"type": "nummer", "clip": [3, 1]}, "b": "datum", "c": {"bukets": 3}}"#
      ])
    }
    #expect(
      Set(faults?.all.map(\.pointer) ?? []) == [
        "/query/schema/a/type", "/query/schema/a/clip", "/query/schema/b", "/query/schema/c/bukets",
      ])
    let error = #expect(throws: DatasetError.self) {
      try workspace.imported(file, ["missing": "mean", "schema": #"{"hight": "number"}"#])
    }
    #expect(error?.message.contains("schema names column \"hight\"") == true)
    let dates = #expect(throws: DatasetError.self) {
      try workspace.imported(
        text: "d,y\n2024-02-30,1\n2024-01-01,2\n", ["schema": #"{"d": "date"}"#])
    }
    #expect(dates?.row == 2 && dates?.column == 1)
  }

  @Test("lines that are no objects, and what a column can't hold, are told with their row")
  func badLines() throws {
    for (text, row) in [
      ("{\"a\": 1}\n[1]\n", 2), ("{\"a\": 1\n", 1), ("{\"a\": 1}\n{\"a\": [1]}\n", 2),
    ] {
      let error = #expect(throws: DatasetError.self) {
        try workspace.imported(text: text, ["format": "jsonl"])
      }
      #expect(error?.row == row, "\(text)")
    }
    for (text, row) in [("1 1:2\n2 3:1 2:4\n", 2), ("1:2\n", 1), ("1 a:2\n", 1)] {
      let error = #expect(throws: DatasetError.self) {
        try workspace.imported(text: text, ["format": "libsvm"])
      }
      #expect(error?.row == row, "\(text)")
    }
  }
}
