import Foundation
import JSON
import Tensors
import Testing

@testable import Datasets

@Suite("Tables")
struct TableImportTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test("the digits of UCI become pictures of 0…1 in ten classes")
  func digits() throws {
    let dataset = try workspace.imported(
      Fixture.examples.appendingPathComponent("digits.csv.gz"), ["shape": "1,8,8"])
    #expect(dataset.description.format == .csv)
    #expect(dataset.examples == 1_797)
    #expect(dataset.inputShape == [1, 8, 8])
    #expect(dataset.target.classes == (0..<10).map(String.init))
    // Counts of scikit-learn's load_digits: numpy.bincount(target), data.sum(), the first row.
    guard case .classes(_, let counts) = dataset.target else { return }
    #expect(counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    let inputs = dataset.allInputs
    #expect((inputs.reduce(0.0) { $0 + Double($1) } * 16).rounded() == 561_718)
    #expect(inputs[..<8].map { $0 * 16 } == [0, 0, 5, 13, 9, 1, 0, 0])
    #expect(dataset.allTargets(Int32.self)[..<10] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(
      dataset.description.sha256
        == "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22")
    #expect(dataset.description.sizeBytes == 57_523)
  }

  @Test("numbers are standardised, text becomes one-hot, and the last column is the target")
  func kinds() throws {
    let dataset = try workspace.imported(
      text: "size,colour,label\n1,red,yes\n2,blue,no\n3,red,yes\n4,red,no\n")
    #expect(dataset.inputShape == [3])
    #expect(dataset.target == .classes(names: ["no", "yes"], counts: [2, 2]))
    // (x - 2.5) / sqrt(1.25); blue before red.
    let (far, near) = (Float(1.5 / 1.25.squareRoot()), Float(0.5 / 1.25.squareRoot()))
    #expect(
      dataset.allInputs == [-far, 0, 1, -near, 1, 0, near, 0, 1, far, 0, 1])
    #expect(dataset.allTargets(Int32.self) == [1, 0, 1, 0])
    let columns = dataset.description.columns
    #expect(columns.map(\.role) == [.feature, .feature, .target])
    #expect(columns[0].evidence == "all 4 values are integers")
    #expect(columns[1].evidence == "all 4 values are text")
    #expect(columns[1].content == .category(values: ["blue", "red"], counts: [1, 3], fill: nil))
  }

  @Test("scaling is as asked", arguments: ["none", "standard", "min_max"])
  func scaling(method: String) throws {
    let dataset = try workspace.imported(
      text: "a,b,y\n1,7,0.5\n3,7,1.5\n", ["scale": method])
    let expected: [String: [Float]] = [
      "none": [1, 7, 3, 7], "standard": [-1, 0, 1, 0], "min_max": [0, 0, 1, 0],
    ]
    #expect(dataset.allInputs == expected[method])
    #expect(dataset.target.kind == .vector)
    #expect(dataset.allTargets(Float.self) == [0.5, 1.5])
  }

  @Test("targets may be several, scaled, and turned back into their units")
  func vectors() throws {
    let dataset = try workspace.imported(
      text: "y,x,z\n10,1,0\n20,2,4\n", ["target": "z,y", "target_scale": "min_max"])
    #expect(dataset.target.shape == [2])
    #expect(dataset.allTargets(Float.self) == [0, 0, 1, 1])
    #expect(dataset.description.decodeTarget([0.5, 0.5]) == [2, 15])
  }

  @Test("few integers are classes, many are numbers, and the options overrule that")
  func targetKinds() throws {
    let rows = (0..<300).map { "\($0 * 7 % 13),\($0)" }.joined(separator: "\n")
    #expect(try workspace.imported(text: "x,y\n" + rows).target.kind == .vector)
    #expect(try workspace.imported(text: "x,y\n" + rows, ["target": "x"]).target.kind == .class)
    #expect(
      try workspace.imported(text: "x,y\n" + rows, ["target": "x", "target_kind": "vector"])
        .target.kind == .vector)
    let forced = try workspace.imported(text: "x,y\n" + rows, ["target_kind": "class"])
    // In the order of numbers: 2 before 10.
    #expect(forced.target.classes == (0..<300).map(String.init))
  }

  @Test("a first row with a number in it is data, one of words is a header")
  func header() throws {
    #expect(try workspace.imported(text: "1,a,x\n2,b,y\n").examples == 2)
    #expect(try workspace.imported(text: "p,q,r\n2,b,y\n").examples == 1)
    let named = try workspace.imported(text: "1,2\n3,4\n5,4\n", ["header": "true"])
    #expect(named.description.columns.map(\.name) == ["1", "2"])
    let unnamed = try workspace.imported(text: "p,q\nr,s\n", ["header": "false"])
    #expect(unnamed.description.columns.map(\.name) == ["column_1", "column_2"])
    #expect(unnamed.examples == 2)
  }

  @Test("columns are left out, chosen, and taken for categories as asked")
  func columns() throws {
    let text = "id,code,x,y\n7,1,0.5,a\n8,2,1.5,b\n9,1,2.5,a\n"
    let ignored = try workspace.imported(
      text: text, ["ignore": "id", "categorical": "code", "scale": "none"])
    #expect(ignored.inputShape == [3])
    #expect(ignored.allInputs == [1, 0, 0.5, 0, 1, 1.5, 1, 0, 2.5])
    let chosen = try workspace.imported(text: text, ["features": "3", "scale": "none"])
    #expect(chosen.allInputs == [0.5, 1.5, 2.5])
    #expect(chosen.description.columns.map(\.role) == [.ignored, .ignored, .feature, .target])
  }

  @Test("missing values are refused with row and column, or filled as asked")
  func missing() throws {
    let text = "a,b,y\n1,red,0.5\n,red,1\n4,NA,2\n4,blue,3\n"
    let error = try workspace.refusal(text: text)
    #expect(error?.code == .missingValue)
    #expect(error?.row == 3)
    #expect(error?.column == 1)
    #expect(error?.columnName == "a")
    let mean = try workspace.imported(text: text, ["missing": "mean", "scale": "none"])
    #expect(mean.allInputs == [1, 0, 1, 3, 0, 1, 4, 0, 1, 4, 1, 0])
    let frequent = try workspace.imported(
      text: text, ["missing": "most_frequent", "scale": "none"])
    #expect(frequent.allInputs == [1, 0, 1, 4, 0, 1, 4, 0, 1, 4, 1, 0])
    #expect(mean.description.columns.map(\.missing) == [1, 1, 0])
    let target = try workspace.refusal(text: "a,y\n1,2\n3,\n", ["missing": "mean"])
    #expect(target?.row == 3)
    #expect(target?.column == 2)
  }

  @Test("a number among text is a category, a word among numbers is a mistake")
  func mixtures() throws {
    let mixed = try workspace.imported(text: "room,y\n12,1\n12b,2\n12c,3\n")
    #expect(mixed.inputShape == [3])
    let error = try workspace.refusal(text: "age,y\n31,1.5\n32,2.5\nforty,3.5\n33,4.5\n")
    #expect(error?.code == .malformed)
    #expect(error?.row == 4)
    #expect(error?.column == 1)
    #expect(
      error?.description.contains("\"forty\" is not a number, but 3 of the column's 4") == true)
  }

  @Test(
    "bad tables are refused with the place",
    arguments: [
      ("", DatasetError.Code.empty, nil, nil),
      ("\n\n", .empty, nil, nil),
      ("a,b\n", .empty, 1, nil),
      ("a,b\n1,2\n3\n", .malformed, 3, nil),
      ("a,b\n1,2\n3,4,5\n", .malformed, 3, nil),
      ("a,a\n1,2\n", .malformed, 1, 2),
      ("a,b\n1e999,2\n", .malformed, 2, 1),
      ("a,b\n1,inf\n", .malformed, 2, 2),
      ("a,b,c\n,1,2\n,3,4\n", .missingValue, 2, 1),
      ("a\n1\n2\n", .option, nil, nil),
    ] as [(String, DatasetError.Code, Int?, Int?)])
  func refusals(text: String, code: DatasetError.Code, row: Int?, column: Int?) throws {
    let error = try workspace.refusal(text: text, ["format": "csv"])
    #expect(error?.code == code)
    #expect(error?.row == row)
    #expect(error?.column == column)
  }

  @Test("a number too large for a 32-bit float is refused with its place")
  func tooLarge() throws {
    let error = try workspace.refusal(text: "a,y\n1,0.5\n1e300,0.5\n", ["scale": "none"])
    #expect(error?.row == 3)
    #expect(error?.column == 1)
    // Scaled, it fits.
    #expect(try workspace.imported(text: "a,y\n0,0.5\n1e100,0.5\n").allInputs == [-1, 1])
  }

  @Test("numbers whose squares are beyond all doubles don't stop an import")
  func extremes() throws {
    let text = "a,y\n1e308,0.5\n-1e308,0.5\n1e308,1\n-1e308,2\n"
    let inputs = try workspace.imported(text: text).allInputs
    #expect(inputs.allSatisfy { $0.isFinite }, "\(inputs)")
    #expect(try workspace.refusal(text: text, ["scale": "min_max"])?.row == 2)
  }

  @Test("options that name no column, or don't fit, are refused")
  func options() throws {
    let text = "a,b,c\n1,red,3\n2,blue,4\n"
    for query in [
      ["target": "d"], ["target": "4"], ["target": "0"], ["ignore": "x"], ["target": "a,a"],
      ["target": "a", "ignore": "a"], ["target": "a", "features": "a"], ["shape": "2,2"],
      ["ignore": "b", "shape": "3"], ["target": "a,b"], ["target": "a,c", "target_kind": "class"],
      ["target": "a,b,c"], ["ignore": "a,b,c"],
    ] {
      #expect(try workspace.refusal(text: text, query)?.code == .option, "\(query)")
    }
  }

  @Test("too many distinct values are refused before they are many")
  func categories() throws {
    var limits = ImportLimits()
    limits.categories = 10
    limits.classes = 20
    let text = "name,y\n" + (0..<30).map { "n\($0),\($0).5\n" }.joined()
    let error = workspace.refusal(try workspace.file(text), limits: limits)
    #expect(error?.code == .limitExceeded)
    #expect(error?.row == 12)
    #expect(error?.columnName == "name")
    let classes = workspace.refusal(
      try workspace.file(text), ["target": "name"], limits: limits)
    #expect(classes?.code == .limitExceeded)
    #expect(classes?.row == 22)
  }

  @Test("a description reads back as it was written")
  func description() throws {
    let dataset = try workspace.imported(
      text: "a,b,y,z\n1,x,0.5,9\n,w,1.5,8\n3,w,2.5,7\n",
      ["missing": "mean", "target": "y,z", "target_scale": "standard"])
    let json = try JSON(parsing: dataset.description.json.encoded())
    #expect(try DatasetDescription(json) == dataset.description)
    #expect(json["target"]?["kind"] == "vector")
    #expect(json["input"]?["shape"] == [3])
    #expect(json["columns"]?[0]?["fill"] == .number(2))
  }

  @Test("a preview shows rows as they were uploaded")
  func preview() throws {
    let dataset = try workspace.imported(text: "a,b\n1.50,\"x\"\n2,y\n3,y\n")
    let preview = dataset.preview(rows: 2)
    #expect(preview["columns"] == ["a", "b"])
    #expect(preview["rows"] == [["1.50", "x"], ["2", "y"]])
    #expect(preview["examples"] == 3)
    #expect(dataset.preview(rows: 1_000)["rows"]?.array?.count == 3)
    #expect(dataset.preview(rows: -1)["rows"]?.array?.isEmpty == true)
  }

  @Test("statistics say how values lie and how classes are balanced")
  func statistics() throws {
    let dataset = try workspace.imported(text: "a,b\n1,x\n2,y\n3,y\n6,y\n")
    let statistics = dataset.statistics
    #expect(statistics["columns"]?[0]?["mean"] == .number(3))
    #expect(statistics["columns"]?[0]?["std"] == .number(3.5.squareRoot()))
    #expect(statistics["columns"]?[0]?["min"] == .number(1))
    #expect(statistics["columns"]?[0]?["max"] == .number(6))
    #expect(statistics["target"]?["classes"]?[1]?["count"] == 3)
    #expect(statistics["target"]?["classes"]?[1]?["fraction"] == .number(0.75))
  }
}
