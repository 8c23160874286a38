import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("Time series with labels")
struct TimeSeriesTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// What aeon reads of the files in `Fixtures/series`, padded with -99.
  private func known(_ name: String) throws -> (shape: [Int], values: [Double], labels: [JSON]) {
    let file = Fixture.file("series.json")
    let json = try #require(JSON(parsing: [UInt8](Data(contentsOf: file)))[name])
    return (
      (json["shape"]?.array ?? []).compactMap(\.integer),
      (json["values"]?.array ?? []).compactMap(\.double), json["labels"]?.array ?? []
    )
  }

  @Test("series of several lengths are those that aeon reads, filled up behind")
  func classes() throws {
    let known = try known("vowels")
    let dataset = try workspace.imported(
      Fixture.file("series/vowels.ts"), ["padding": "-99"])
    #expect(dataset.description.format == .timeSeries)
    #expect([dataset.examples] + dataset.inputShape.dimensions == known.shape)
    #expect(
      zip(dataset.allInputs, known.values).allSatisfy { abs(Double($0) - $1) < 1e-6 }
        && dataset.allInputs.count == known.values.count)
    let classes = dataset.target.classes
    #expect(classes == (1...9).map(String.init))
    #expect(dataset.allTargets(Int32.self).map { JSON.string(classes[Int($0)]) } == known.labels)
    let longer = try workspace.imported(
      Fixture.file("series/vowels.ts"), ["format": "ts", "sequence_length": "29"])
    #expect(longer.inputShape == [29, 12] && longer.allInputs[29 * 12 - 1] == 0)
    let shorter = #expect(throws: DatasetError.self) {
      try workspace.imported(
        Fixture.file("series/vowels.ts"), ["format": "ts", "sequence_length": "9"])
    }
    #expect(shorter?.code == .option)
  }

  @Test("series whose label is a number to predict")
  func numbers() throws {
    let known = try known("covid")
    let file = Fixture.file("series/covid.ts")
    let dataset = try workspace.imported(file, ["scale": "standard"])
    #expect([dataset.examples] + dataset.inputShape.dimensions == known.shape)
    #expect(dataset.target.kind == .vector)
    for (found, label) in zip(dataset.allTargets(Float.self), known.labels) {
      #expect(abs(Double(found) - (label.double ?? .nan)) < 1e-6)
    }
    let mean = known.values.reduce(0, +) / Double(known.values.count)
    let deviation =
      (known.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known.values.count))
      .squareRoot()
    #expect(
      zip(dataset.allInputs, known.values).allSatisfy {
        abs(Double($0) - ($1 - mean) / deviation) < 1e-4
      })
  }

  @Test("a run scales by the series that it trains on, and padding stays what it is")
  func fitted() throws {
    let known = try known("vowels")
    let dataset = try workspace.imported(
      Fixture.file("series/vowels.ts"), ["padding": "-99", "scale": "standard"])
    #expect(dataset.description.input.padding == -99 && dataset.isFittedByRuns)
    let width = dataset.inputShape.count
    let training = ExampleSet(0..<dataset.examples / 2)
    // What aeon reads, padding left out.
    let own = known.values[..<(training.count * width)].filter { $0 != -99 }
    let mean = own.reduce(0, +) / Double(own.count)
    let deviation =
      (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)).squareRoot()
    let fitted = dataset.fitted(to: training)
    func expectScaled(_ found: [Float]) {
      #expect(
        zip(found, known.values).allSatisfy { found, known in
          abs(Double(found) - (known == -99 ? -99 : (known - mean) / deviation)) < 1e-4
        })
    }
    expectScaled(try dataset.adapted(to: fitted).allInputs)
    // Another file's padding becomes the reference's, whatever its own scaling is.
    let other = try workspace.imported(Fixture.file("series/vowels.ts"), ["padding": "-77"])
    expectScaled(try other.adapted(to: fitted).allInputs)
    // A prediction may leave out the steps that there aren't, or send them as they were uploaded.
    let dimensions = dataset.inputShape[1]
    let first = Array(known.values[..<width])
    let steps: [JSON] = stride(from: 0, to: width, by: dimensions).map { start in
      .array(first[start..<start + dimensions].map(JSON.number))
    }
    let short = steps.filter { $0 != .array(Array(repeating: .number(-99), count: dimensions)) }
    #expect(short.count < steps.count)
    for row in [steps, short] {
      expectScaled(try fitted.encode(rows: [.array(row)]).elements(of: Float.self))
    }
    #expect(throws: Faults.self) { try fitted.encode(rows: [.array(steps + steps)]) }
    #expect(try DatasetDescription(fitted.json) == fitted)
  }

  private static let head = "@problemName x\n@timeStamps false\n@classLabel true a b\n@data\n"

  @Test(
    "what is wrong is told with its row",
    arguments: [
      (head + "1,2:a\n1,x:b\n", 6, "is no number"), (head + "1,2:a\n1,2:c\n", 6, "@classLabel"),
      (head + "1,2:a\n1,2:3,4:b\n", 6, "dimensions"), (head + "1,2:3,4,5:a\n", 5, "values in"),
      (head + "1,2\n", 5, "one field"), (head + "1,?:a\n", 5, "missing=mean"),
      (head + "1,2:\n", 5, "no label"), (head + "(0,1),(1,2):a\n", 5, "time stamps"),
      (head + "0,2:a\n1,2,3:b\n", 5, "padding="), (head + "1e39,2:a\n", 5, "too large"),
      ("@problemName x\n@timeStamps True\n@data\n1:a\n", 2, "time stamps"),
      ("@problemName x\n@classLabel false\n@data\n1:a\n", 2, "nothing to predict"),
      ("@problemName x\n@targetLabel true\n@data\n1:a\n", 4, "is no number"),
      ("@problemName x\n@classLabel true\n", nil, "no @data"), (head, nil, "no case"),
    ] as [(String, Int?, String)])
  func faults(text: String, row: Int?, words: String) throws {
    let error = #expect(throws: DatasetError.self) {
      try workspace.imported(text: text, ["format": "ts"])
    }
    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    if let row { #expect(error?.row == row) }
  }

  @Test("missing values become their dimension's mean where that was asked for")
  func missing() throws {
    let dataset = try workspace.imported(
      text: Self.head + "1,?,3:10,20,30:a\n5,6,7:?,20,30:b\n", ["missing": "mean"])
    #expect(dataset.allInputs == [1, 10, 4.4, 20, 3, 30, 5, 22, 6, 20, 7, 30])
  }
}
