import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("Splits that are kept")
struct StoredSplitTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Patients of 1 to 9 rows each, in no order; every fourth row is ill.
  private static let table: String = {
    var rows: [String] = []
    for patient in 0..<60 {
      for visit in 0...patient % 9 {
        let day = 1 + (patient * 7 + visit * 3) % 28
        let state = rows.count % 4 == 0 ? "ill" : "well"
        let part = ["Train", "val", "TEST"][patient % 3]
        rows.append(
          "p\(patient * 37 % 60),2026-\(1 + patient % 9 < 10 ? "0" : "")\(1 + patient % 9)-\(day < 10 ? "0" : "")\(day),"
            + "\(part),\(Double(visit) / 2),\(state)")
      }
    }
    return "patient,day,part,x,y\n" + rows.joined(separator: "\n") + "\n"
  }()

  private struct Sample {
    let source: SplitSource
    /// The fields of each row.
    let rows: [[String]]

    func column(_ index: Int, _ examples: some Sequence<Int>) -> [String] {
      examples.map { rows[$0][index] }
    }
  }

  private func sample() throws -> Sample {
    let file = try workspace.file(Self.table, name: "table.csv")
    let dataset = try workspace.imported(file, ["ignore": "patient,day,part"])
    let rows = Self.table.split(separator: "\n").dropFirst().map { line in
      line.split(separator: ",").map(String.init)
    }
    #expect(dataset.examples == rows.count)
    return Sample(source: SplitSource(dataset, upload: file), rows: rows)
  }

  private func parts(_ source: SplitSource, _ recipe: JSON) throws -> SplitParts {
    let recipe = try SplitRecipe(recipe)
    // What is stored makes the same.
    let again = try SplitRecipe(JSON(parsing: "\(recipe.json)"))
    #expect(again.key == recipe.key)
    let parts = try recipe.parts(of: source)
    let file = workspace.folder.appending(path: "parts-\(UUID().uuidString)")
    try parts.write(to: file)
    let read = try SplitParts(file, recipe: again, examples: source.dataset.examples)
    #expect(read.counts == parts.counts && read.roles(fold: 1) == parts.roles(fold: 1))
    return parts
  }

  private func refusal(_ source: SplitSource, _ recipe: JSON) throws -> DatasetError {
    let recipe = try SplitRecipe(recipe)
    return try #require(
      #expect(throws: DatasetError.self) { _ = try recipe.parts(of: source) })
  }

  @Test("at random each example is in one part, as many as asked for, and by the seed alone")
  func random() throws {
    let sample = try sample()
    let count = sample.rows.count
    let recipe: JSON = ["type": "random", "validation": 0.2, "test": 0.1, "seed": 5]
    let parts = try parts(sample.source, recipe)
    let roles = parts.roles()
    #expect(
      Set(Array(roles.training) + Array(roles.validation) + Array(roles.test)).count == count)
    #expect(parts.counts.reduce(0, +) == count && parts.leftOut == 0)
    for (found, share) in zip(parts.counts, [0.7, 0.2, 0.1]) {
      #expect(abs(Double(found) - share * Double(count)) <= 1)
    }
    #expect(try self.parts(sample.source, recipe).roles() == roles)
    let other = try self.parts(sample.source, ["type": "random", "test": 0.1, "seed": 6])
    #expect(other.counts == parts.counts && other.roles() != roles)
  }

  @Test("stratified, each class has its share in every part and fold")
  func stratified() throws {
    let sample = try sample()
    let ill = sample.rows.count { $0[4] == "ill" }
    let roles = try parts(sample.source, ["type": "stratified", "test": 0.25]).roles()
    for (members, share) in [(roles.validation, 0.2), (roles.test, 0.25)] {
      let found = sample.column(4, members).count { $0 == "ill" }
      #expect(abs(Double(found) - share * Double(ill)) <= 1.5)
    }
    let folds = try parts(sample.source, ["type": "stratified", "folds": 5, "column": "part"])
    #expect((folds.counts.max() ?? 0) - (folds.counts.min() ?? 0) <= 1)
    for value in ["Train", "val", "TEST"] {
      let own = sample.rows.count { $0[2] == value }
      for fold in 0..<5 {
        let found = sample.column(2, folds.members(fold)).count { $0 == value }
        #expect(abs(Double(found) - Double(own) / 5) <= 2)
      }
    }
  }

  @Test("folds cover all examples, and each validates once")
  func folds() throws {
    let sample = try sample()
    let folds = try parts(sample.source, ["type": "random", "folds": 4])
    #expect(folds.validatingFolds == 0...3)
    var seen: [Int] = []
    for fold in 0..<4 {
      let roles = folds.roles(fold: fold)
      #expect(roles.training.count + roles.validation.count == sample.rows.count)
      #expect(!roles.validation.contains { roles.training.contains($0) } && roles.test.isEmpty)
      seen += roles.validation
    }
    #expect(seen.sorted() == Array(sample.rows.indices))
  }

  @Test("no group is on two sides")
  func groups() throws {
    let sample = try sample()
    let roles = try parts(
      sample.source, ["type": "group", "column": "patient", "validation": 0.2, "test": 0.2]
    ).roles()
    let sides = [roles.training, roles.validation, roles.test].map {
      Set(sample.column(0, $0))
    }
    #expect(sides.map(\.count).reduce(0, +) == 60)
    #expect(sides[0].union(sides[1]).union(sides[2]).count == 60)
    let count = Double(sample.rows.count)
    #expect(abs(Double(roles.validation.count) - 0.2 * count) <= 9)
    let folds = try parts(
      sample.source, ["type": "group", "column": "patient", "folds": 3, "seed": 2])
    let all = (0..<3).map { Set(sample.column(0, folds.members($0))) }
    #expect(all.map(\.count).reduce(0, +) == 60)
    let error = try refusal(sample.source, ["type": "group", "column": "patiens"])
    #expect(error.description.contains("did you mean \"patient\"?"))
  }

  @Test("by time the later never train, rows of one day stay together, and folds look back alone")
  func time() throws {
    let sample = try sample()
    let roles = try parts(
      sample.source, ["type": "time", "column": "day", "validation": 0.2, "test": 0.2]
    ).roles()
    let days = [roles.training, roles.validation, roles.test].map { sample.column(1, $0) }
    let (first, second) = (try #require(days[0].max()), try #require(days[1].max()))
    #expect(days[1].allSatisfy { $0 > first } && days[2].allSatisfy { $0 > second })
    #expect(abs(Double(days[2].count) - 0.2 * Double(sample.rows.count)) < 10)
    let folds = try parts(sample.source, ["type": "time", "column": "day", "folds": 4])
    #expect(folds.validatingFolds == 1...3)
    for fold in 1...3 {
      let roles = folds.roles(fold: fold)
      let latest = try #require(sample.column(1, roles.training).max())
      #expect(sample.column(1, roles.validation).allSatisfy { $0 > latest })
    }
    let error = try refusal(sample.source, ["type": "time", "column": "part"])
    #expect(error.row == 2 && error.column == 3 && error.columnName == "part")
  }

  @Test("windows of a text or a table lie within a part, and none across a cut")
  func order() throws {
    let text = "a,y\n" + (0..<40).map { "\($0),\($0)" }.joined(separator: "\n") + "\n"
    let windows = try workspace.imported(text: text, ["window": "4", "horizon": "2"])
    let parts = try parts(
      SplitSource(windows, upload: nil), ["type": "order", "validation": 0.25, "test": 0.25])
    // Rows 0 to 19, 20 to 29 and 30 to 39; a window takes six.
    #expect(parts.roles().training == ExampleSet(0...14))
    #expect(parts.roles().validation == ExampleSet(20...24))
    #expect(parts.roles().test == ExampleSet(30...34))
    #expect(parts.leftOut == windows.examples - 25)
    let error = try refusal(SplitSource(windows, upload: nil), ["type": "random"])
    #expect(error.code == .unsupported && error.message.contains("\"order\""))
    let table = try sample()
    let plain = try self.parts(table.source, ["type": "order", "folds": 3]).roles(fold: 1)
    let third = table.rows.count / 3
    #expect(abs(plain.training.count - third) <= 1 && plain.training.last! < plain.validation[0])
  }

  @Test("a column says what a row is for, by the usual names or by given ones")
  func column() throws {
    let sample = try sample()
    let roles = try parts(sample.source, ["type": "column", "column": "part"]).roles()
    #expect(sample.column(2, roles.training).allSatisfy { $0 == "Train" })
    #expect(sample.column(2, roles.validation).allSatisfy { $0 == "val" })
    #expect(sample.column(2, roles.test).allSatisfy { $0 == "TEST" })
    let given = try parts(
      sample.source,
      ["type": "column", "column": "part", "values": ["train": ["val"], "validation": ["Train"]]])
    #expect(given.leftOut == sample.rows.count { $0[2] == "TEST" })
    #expect(given.roles().training == roles.validation)
    let error = try refusal(sample.source, ["type": "column", "column": "y"])
    #expect(error.row == 2 && error.message.contains("\"ill\""))
  }

  @Test("given lists are what they say, and the rest trains")
  func given() throws {
    let sample = try sample()
    let roles = try parts(
      sample.source, ["type": "given", "indices": ["validation": [5, 1], "test": [2]]]
    ).roles()
    #expect(roles.validation == [1, 5] && roles.test == [2])
    #expect(roles.training.count == sample.rows.count - 3 && !roles.training.contains(5))
    let all = try parts(
      sample.source, ["type": "given", "indices": ["train": [7, 8], "validation": [9]]])
    #expect(all.roles().training == [7, 8] && all.leftOut == sample.rows.count - 3)
    let twice = try refusal(
      sample.source, ["type": "given", "indices": ["validation": [1], "test": [1]]])
    #expect(twice.message.contains("twice"))
    let outside = try refusal(sample.source, ["type": "given", "indices": ["validation": [9_999]]])
    #expect(outside.message.contains("no example 9999"))
  }

  @Test(
    "what is wrong with a request is told where it stands",
    arguments: [
      (["type": "random", "validation": 0], "/validation"),
      (["type": "random", "validation": 0.6, "test": 0.5], "/validation"),
      (["type": "random", "folds": 3, "test": 0.1], "/test"),
      (["type": "random", "folds": 1], "/folds"), (["type": "group"], "/column"),
      (["type": "roundom"], "/type"), ([:], "/type"),
      (["type": "given", "indices": ["test": [1]]], "/indices/validation"),
      (["type": "given", "indices": ["validation": [-1]]], "/indices/validation/0"),
      (["type": "column", "column": "a", "validation": 0.1], "/validation"),
      (
        ["type": "column", "column": "a", "values": ["train": ["x"], "validation": ["x"]]],
        "/values"
      ),
      (["type": "order", "seeds": 1], "/seeds"),
    ] as [(JSON, String)])
  func faults(recipe: JSON, pointer: String) throws {
    let faults = try #require(#expect(throws: Faults.self) { _ = try SplitRecipe(recipe) })
    #expect(faults.all.map(\.pointer).contains(pointer), "\(faults)")
  }
}
