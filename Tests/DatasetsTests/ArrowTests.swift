import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("Arrow")
struct ArrowTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// All rows of a file as texts, the names first.
  private func rows(_ file: URL) throws -> [[String]] {
    let reader = try ArrowReader(file, limits: ImportLimits())
    var rows: [[String]] = []
    while try reader.next() { rows.append((0..<reader.count).map(reader.text)) }
    return rows
  }

  @Test(
    "every type comes as pyarrow reads it, with its gaps, in batches and compressed",
    arguments: ["types.arrow", "types.lz4"])
  func types(file: String) throws {
    let known = try JSON(parsing: [UInt8](Data(contentsOf: Fixture.file("arrow.json"))))
    let rows = try rows(Fixture.file("arrow/\(file)"))
    let names = (known["names"]?.array ?? []).compactMap(\.string)
    #expect(rows.first == names && names.count == 29)
    let expected = (known["rows"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) }
    #expect(rows.count == expected.count + 1)
    for (row, wanted) in zip(rows.dropFirst(), expected) {
      for (name, (found, text)) in zip(names, zip(row, wanted)) where found != text {
        // Floats are written otherwise, and mean the same.
        let (one, other) = (try #require(Double(found)), try #require(Double(text)))
        #expect(["f16", "f32", "f64", "place.x"].contains(name))
        #expect(
          name == "f32" ? Float(one) == Float(other) : one == other, "\(name) \(found) \(text)")
      }
    }
  }

  @Test(
    "a table is the one that CSV makes of the same frame",
    arguments: ["table.feather", "zstd.arrow", "plain.arrows"])
  func table(file: String) throws {
    let options = ["missing": "mean"]
    let csv = try workspace.imported(Fixture.file("formats/table.csv"), options)
    let arrow = try workspace.imported(Fixture.file("arrow/\(file)"), options)
    #expect(arrow.description.format == .arrow)
    #expect(arrow.allInputs == csv.allInputs)
    #expect(arrow.allTargets(Float.self) == csv.allTargets(Float.self))
    #expect(
      arrow.description.columns.map(\.summary?.kind) == csv.description.columns.map(\.summary?.kind)
    )
    let rules = try SplitRecipe(["type": "group", "column": "town", "validation": 0.3])
    let one = try rules.parts(
      of: SplitSource(csv, upload: Fixture.file("formats/table.csv")))
    let other = try rules.parts(of: SplitSource(arrow, upload: Fixture.file("arrow/\(file)")))
    #expect(one.roles() == other.roles())
  }

  @Test("a file cut anywhere is refused, or gives the rows that came, and never more")
  func cut() throws {
    for name in ["types.lz4", "plain.arrows", "table.feather"] {
      let bytes = [UInt8](try Data(contentsOf: Fixture.file("arrow/\(name)")))
      let all = try rows(Fixture.file("arrow/\(name)"))
      for count in stride(from: 0, to: bytes.count, by: 211) {
        let file = try workspace.file(Array(bytes[..<count]), name: "cut")
        if let some = try? rows(file) {
          #expect(some.count <= all.count && some == Array(all[..<some.count]))
        }
      }
    }
  }

  @Test("bytes that are turned over are refused or read, and nothing else")
  func damage() throws {
    var seed: UInt64 = 9
    for name in ["types.arrow", "types.lz4", "zstd.arrow"] {
      let bytes = [UInt8](try Data(contentsOf: Fixture.file("arrow/\(name)")))
      for _ in 0..<100 {
        var damaged = bytes
        for _ in 0..<3 {
          seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          damaged[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 20)
        }
        let file = try workspace.file(damaged, name: "damaged")
        do {
          _ = try rows(file)
        } catch {
          #expect(error is DatasetError)
        }
      }
    }
  }

  @Test("what would become too large is refused before it is unpacked")
  func tooLarge() throws {
    var limits = ImportLimits()
    limits.arrowBatchBytes = 100
    let file = Fixture.file("arrow/types.lz4")
    let batch = #expect(throws: DatasetError.self) {
      let reader = try ArrowReader(file, limits: limits)
      while try reader.next() {}
    }
    #expect(batch?.code == .limitExceeded)
    limits = ImportLimits()
    limits.expansion = 0
    limits.freeExpansionBytes = 1_000
    let whole = #expect(throws: DatasetError.self) {
      let reader = try ArrowReader(file, limits: limits)
      while try reader.next() {}
    }
    #expect(whole?.code == .limitExceeded)
    limits = ImportLimits()
    limits.csvColumns = 20
    let columns = #expect(throws: DatasetError.self) { try ArrowReader(file, limits: limits) }
    #expect(columns?.code == .limitExceeded)
  }

  @Test("Parquet is told what to become")
  func parquet() throws {
    let file = try workspace.file(Array("PAR1".utf8) + [0, 0, 0, 0], name: "some.parquet")
    let error = #expect(throws: DatasetError.self) { try workspace.imported(file) }
    #expect(error?.message.contains("to_feather") == true)
  }
}
