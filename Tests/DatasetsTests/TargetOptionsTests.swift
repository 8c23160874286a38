import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("What is done of targets")
struct TargetOptionsTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test("rows without a target are passed over where that was asked for, and counted")
  func missingTargets() throws {
    let text = "1,a\n2,\n3,b\n4,n/a\n5,a\n"
    let refused = #expect(throws: DatasetError.self) { try workspace.imported(text: text) }
    #expect(refused?.row == 2 && refused?.message.contains("missing_target=drop") == true)
    let query = ["missing_target": "drop", "scale": "none", "header": "false"]
    let dataset = try workspace.imported(text: text, query)
    #expect(dataset.allInputs == [1, 3, 5] && dataset.allTargets(Int32.self) == [0, 1, 0])
    #expect(dataset.description.columns[1].missing == 2)
    #expect(dataset.description.columns[0].summary?.distinct == 3)
    // A first row of data that is passed over, several targets, and a split that looks at the same rows.
    let file = try workspace.file("x,?\n7,1\n8,\n9,2\n", name: "first.csv")
    let first = try workspace.imported(file, query.merging(["target_kind": "vector"]) { $1 })
    #expect(first.allInputs == [7, 9] && first.allTargets(Float.self) == [1, 2])
    let parts = try SplitRecipe([
      "type": "column", "column": "1", "values": ["train": ["7"], "validation": ["9"]],
    ])
    let roles = try? parts.parts(of: SplitSource(first, upload: file)).roles()
    #expect(roles == nil)
    let named = try SplitRecipe([
      "type": "column", "column": "column_1", "values": ["train": ["7"], "validation": ["9"]],
    ]).parts(of: SplitSource(first, upload: file)).roles()
    #expect(named.training == [0] && named.validation == [1])
    let none = #expect(throws: DatasetError.self) {
      try workspace.imported(text: "a,b\n1,\n2,\n", ["missing_target": "drop"])
    }
    #expect(none?.code == .empty && none?.columnName == "b")
    #expect(throws: Faults.self) {
      try ImportOptions(query: ["missing_target": "drop", "window": "3"])
    }
  }

  @Test("a target's scaling, and that of arrays, is found from the examples that train")
  func fittedTargets() throws {
    let rows = (0..<20).map { "\($0),\($0 * $0)" }.joined(separator: "\n")
    let table = try workspace.imported(
      text: "a,y\n\(rows)\n", ["target_scale": "standard", "target_kind": "vector"])
    let members = ExampleSet(0..<10)
    let fitted = try table.adapted(to: table.fitted(to: members))
    let targets = fitted.allTargets(Float.self).map(Double.init)
    // Of 0, 1, 4, …, 81 the mean is 28.5, and the variance 721.05.
    let deviation = 721.05.squareRoot()
    for (index, target) in targets.enumerated() {
      #expect(abs(target - (Double(index * index) - 28.5) / deviation) < 1e-5)
    }
    guard case .vector(_, let scalings, _) = fitted.target else {
      Issue.record("the target is no vector")
      return
    }
    #expect(abs(scalings[0].subtract - 28.5) < 1e-4 && abs(scalings[0].divide - deviation) < 1e-4)
    #expect(table.description.isSameData(as: fitted.description))
    let (features, labels) = try (
      workspace.file(NPYFile.bytes("<f4", [10, 2], (0..<20).map(Float.init)), name: "x.npy"),
      workspace.file(NPYFile.bytes("<f4", [10], (0..<10).map(Float.init)), name: "y.npy")
    )
    let array = try workspace.imported(
      features, targets: labels,
      ["scale": "min_max", "target_scale": "standard", "target_kind": "vector"])
    #expect(array.isFittedByRuns)
    let half = try array.adapted(to: array.fitted(to: [0, 1, 2, 3, 4]))
    // Columns 0, 2, …, 18 and 1, 3, …, 19, of which the first five rows go from 0 to 1.
    for row in 0..<10 {
      #expect(abs(half.allInputs[row * 2] - Float(row) / 4) < 1e-6)
      #expect(abs(half.allInputs[row * 2 + 1] - Float(row) / 4) < 1e-6)
      #expect(
        abs(half.allTargets(Float.self)[row] - (Float(row) - 2) / Float(2).squareRoot()) < 1e-5)
    }
    #expect(array.description.isSameData(as: half.description))
    #expect(try workspace.imported(features, targets: labels).isFittedByRuns == false)
    let error = #expect(throws: DatasetError.self) {
      try workspace.imported(features, targets: labels, ["scale": "robust"])
    }
    #expect(error?.code == .option)
    #expect(throws: Faults.self) { try ImportOptions(query: ["target_scale": "log"]) }
  }

  @Test("integers too large to be told apart are numbers, and no classes")
  func largeIntegers() throws {
    let values: [Int64] = [2_305_843_009_213_693_954, 9_042_521_604_759_584, 1, 1, 0]
    let header = NPYFile.bytes("<f4", [5], [Float]())
    let bytes =
      Array(header.prefix(10))
      + Array(
        String(decoding: header[10...], as: UTF8.self).replacing("<f4", with: "<i8").utf8)
      + values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    let file = try workspace.file(bytes, name: "large.npy")
    let dataset = try workspace.imported(file, targets: file)
    #expect(dataset.target.kind == .vector)
    #expect(dataset.preview(rows: 5)["rows"]?.array?.count == 5)
    let refused = #expect(throws: DatasetError.self) {
      try workspace.imported(file, targets: file, ["target_kind": "class"])
    }
    #expect(refused?.row == 1)
  }
}
