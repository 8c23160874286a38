import Foundation
import JSON
import Tensors
import Testing

@testable import Datasets

@Suite("Rows for predictions")
struct EncodingTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func table() throws -> Dataset {
    try workspace.imported(
      text: "size,colour,label\n1,red,yes\n2,blue,no\n3,,yes\n4,red,no\n", ["missing": "mean"])
  }

  @Test("of a table are encoded as the import encoded them")
  func agreement() throws {
    let dataset = try table()
    let rows: [JSON] = [
      [1, "red"], .object(JSONObject([("colour", "blue"), ("size", 2)])), [3.0, nil],
      .object(JSONObject([("size", "4"), ("colour", "red"), ("label", "no")])),
    ]
    let tensor = try dataset.encode(rows: rows)
    #expect(tensor.shape == [4, 3])
    #expect(tensor.elements(of: Float.self) == dataset.allInputs)
  }

  @Test("that don't fit a table are refused with every pointer")
  func tableFaults() throws {
    let rows: [JSON] = [
      ["big", "green"], [1], .object(JSONObject([("size", 1), ("color", "red")])), 7, [nil, "red"],
    ]
    let faults = #expect(throws: Faults.self) { try table().encode(rows: rows) }
    #expect(
      faults?.all.map(\.pointer) == [
        "/inputs/0/0", "/inputs/0/1", "/inputs/1", "/inputs/2/color", "/inputs/3", "/inputs/4/0",
      ])
    #expect(faults?.description.contains("did you mean \"colour\"") == true)
    #expect(faults?.description.contains("none of the column's values: blue, red") == true)
  }

  @Test("of pictures may be flat or nested, and are scaled like bytes")
  func pictures() throws {
    let dataset = try workspace.imported(
      Fixture.file("pictures.idx"), targets: Fixture.file("labels.idx"))
    let nested: JSON = [[[0, 255], [51, 102], [1, 2]]]
    let flat: JSON = [0, 255, 51, 102, 1, 2]
    let tensor = try dataset.encode(rows: [nested, flat])
    #expect(tensor.shape == [2, 1, 3, 2])
    let expected: [Float] = [0, 1, 0.2, 0.4, 1 / 255, 2 / 255]
    #expect(tensor.elements(of: Float.self) == expected + expected)
    for wrong: JSON in [
      [1, 2], [[0, 255], [51, 102], [1, 2]], 5, [[[0, "x"], [51, 102], [1, 2]]],
    ] {
      #expect(throws: Faults.self) { try dataset.encode(rows: [wrong]) }
    }
  }

  @Test("of a table with a shape may be nested too")
  func shapedTable() throws {
    let dataset = try workspace.imported(
      text: "0,4,8,2,a\n1,2,3,4,b\n", ["shape": "1,2,2", "header": "false"])
    let tensor = try dataset.encode(rows: [[[[0, 4], [8, 2]]], [1, 2, 3, 4]])
    #expect(tensor.elements(of: Float.self) == [0, 0.5, 1, 0.25, 0.125, 0.25, 0.375, 0.5])
    #expect(tensor.elements(of: Float.self) == dataset.allInputs)
  }

  @Test("of an npy body are what the import of the same array gives")
  func npy() throws {
    for name in ["f4_little_C.npy", "f4_big_F.npy", "scaled.npy"] {
      let dataset = try workspace.imported(
        Fixture.file(name), targets: Fixture.file("labels.npy"), ["scale": "standard"])
      let tensor = try dataset.description.encode(npy: Fixture.bytes(name))
      #expect(tensor.shape == [5, 3])
      #expect(tensor.elements(of: Float.self) == dataset.allInputs)
    }
  }

  @Test("of an npy body of another shape, or that lies about its length, are refused")
  func wrongNPY() throws {
    let dataset = try workspace.imported(
      Fixture.file("f4_little_C.npy"), targets: Fixture.file("labels.npy"))
    #expect(throws: DatasetError.self) {
      try dataset.description.encode(npy: Fixture.bytes("rank3_F.npy"))
    }
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 3)}"
    #expect(throws: DatasetError.self) {
      try dataset.description.encode(
        npy: NPYFile.head(header)
      )
    }
    #expect(throws: DatasetError.self) {
      try table().description.encode(npy: Fixture.bytes("i4_big_C.npy"))
    }
  }
}

@Suite("Options of an import")
struct ImportOptionsTests {
  @Test("that are unknown or wrong are all named")
  func faults() {
    let faults = #expect(throws: Faults.self) {
      try ImportOptions(query: [
        "sale": "none", "scale": "cube", "header": "maybe", "shape": "1,x", "format": "xls",
        "delimiter": "::", "missing": "guess",
      ])
    }
    #expect(
      Set(faults?.all.map(\.pointer) ?? []) == [
        "/query/sale", "/query/scale", "/query/header", "/query/shape", "/query/format",
        "/query/delimiter", "/query/missing",
      ])
    #expect(faults?.description.contains("did you mean \"scale\"") == true)
  }

  @Test("that mean the same have one canonical text")
  func canonical() throws {
    let first = try ImportOptions(query: ["ignore": "b,a", "missing": "refuse", "shape": "1, 8, 8"])
    let second = try ImportOptions(query: ["shape": "1,8,8", "ignore": "a,b"])
    #expect(first.canonical == second.canonical)
    #expect(first.canonical == "ignore=a,b&shape=1,8,8")
    let one = DatasetImporter(options: first).storageKey(sha256: "00")
    #expect(one == DatasetImporter(options: second).storageKey(sha256: "00"))
    #expect(one != DatasetImporter(options: second).storageKey(sha256: "01"))
    #expect(one != DatasetImporter(options: ImportOptions()).storageKey(sha256: "00"))
  }

  @Test("each has its description")
  func fields() {
    #expect(ImportOptions.fields.count == 37)
    #expect(ImportOptions.fields.allSatisfy { !$0.summary.isEmpty })
  }
}
