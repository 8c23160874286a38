import Foundation
import JSON
import Tensors
import Testing

@testable import Datasets

/// Datasets of several inputs and targets: `Fixtures/make_several.py` writes them.
@Suite("Several arrays")
struct SeveralArraysTests {
  static let expected: JSON = {
    guard let data = try? Data(contentsOf: Fixture.file("several.json")),
      let json = try? JSON(parsing: data)
    else { return .null }
    return json
  }()

  static let query = ["features": "a,picture", "targets": "kind,size"]

  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func rows(_ name: String) -> [Double] {
    (Self.expected[name]?.array ?? []).flatMap { ($0.array ?? []).compactMap(\.double) }
  }

  private func parts(_ names: [String]) -> [DatasetImporter.Part] {
    names.map { .init(name: $0, file: Fixture.file("several/\($0).npy")) }
  }

  private func imported(
    _ parts: [DatasetImporter.Part], _ query: [String: String]
  ) throws -> Dataset {
    let directory = workspace.folder.appendingPathComponent(UUID().uuidString)
    let importer = DatasetImporter(options: try ImportOptions(query: query))
    do {
      _ = try importer.run(parts: parts, into: directory)
    } catch {
      #expect(!FileManager.default.fileExists(atPath: directory.path))
      throw error
    }
    return try Dataset.open(directory: directory)
  }

  private func check(_ dataset: Dataset, _ indices: [Int]) {
    var a = [Float](repeating: 0, count: indices.count * 5)
    var picture = [Float](repeating: 0, count: indices.count * 6)
    var kind = [Int32](repeating: -1, count: indices.count)
    var size = [Float](repeating: 0, count: indices.count * 2)
    indices.withUnsafeBufferPointer { chosen in
      dataset.gatherInputs(indices: chosen, input: 0, into: &a)
      dataset.gatherInputs(indices: chosen, input: 1, into: &picture)
      dataset.gatherTargets(indices: chosen, target: 0, into: &kind)
      dataset.gatherTargets(indices: chosen, target: 1, into: &size)
    }
    func wanted(_ name: String, _ width: Int) -> [Double] {
      let all = rows(name)
      return indices.flatMap { all[$0 * width..<($0 + 1) * width] }
    }
    #expect(a.map(Double.init) == wanted("a", 5))
    #expect(zip(picture, wanted("picture", 6)).allSatisfy { abs(Double($0) - $1 / 255) < 1e-7 })
    #expect(kind.map(Double.init) == wanted("kind", 1))
    #expect(zip(size, wanted("size", 2)).allSatisfy { abs(Double($0) - $1) < 1e-6 })
  }

  @Test("of an archive and of parts are what NumPy wrote, each by itself")
  func contents() throws {
    let archive = try workspace.imported(Fixture.file("several.npz"), Self.query)
    let parts = try imported(parts(["kind", "size", "picture", "a"]), Self.query)
    for dataset in [archive, parts] {
      check(dataset, [0, 39, 7, 7])
      let arrays = try #require(dataset.description.arrays)
      #expect(arrays.inputs.map(\.name) == ["a", "picture"])
      #expect(arrays.inputs.map(\.input.shape) == [[5], [2, 3]])
      #expect(arrays.inputs.map(\.input.stored) == [.float32, .uint8])
      #expect(arrays.targets.map(\.name) == ["kind", "size"])
      #expect(arrays.targets.map(\.target.kind) == [.class, .vector])
      #expect(dataset.classIndices.map(Double.init) == rows("kind"))
      // The first of each is what an only one would be.
      #expect(dataset.description.input == arrays.inputs[0].input)
    }
    #expect(archive.description.arrays == parts.description.arrays)
  }

  @Test("a description comes back from its document; one of two arrays has no lists")
  func description() throws {
    let dataset = try workspace.imported(Fixture.file("several.npz"), Self.query)
    let json = dataset.description.json
    #expect(try DatasetDescription(json) == dataset.description)
    #expect(json["inputs"]?[1]?["name"] == "picture")
    #expect(json["targets"]?[0]?["kind"] == "class")
    let plain = try workspace.imported(
      Fixture.file("several.npz"), ["features": "a", "targets": "kind"])
    #expect(plain.description.arrays == nil)
    #expect(plain.description.json["inputs"] == nil)
  }

  @Test("each array has its own scaling, kind and shape")
  func options() throws {
    let dataset = try workspace.imported(
      Fixture.file("several.npz"),
      [
        "features": "a,picture,note", "targets": "kind,size", "scale": "a:standard,picture:none",
        "target_kind": "kind:vector", "target_scale": "size:standard", "shape": "picture:3,2",
      ])
    let arrays = try #require(dataset.description.arrays)
    #expect(arrays.inputs.map(\.input.shape) == [[5], [3, 2], [1]])
    #expect(arrays.inputs.map(\.input.scalings.count) == [5, 0, 0])
    #expect(arrays.targets.map(\.target.kind) == [.vector, .vector])
    if case .vector(_, let scalings, _) = arrays.targets[1].target {
      #expect(scalings.count == 2 && scalings[0] != .identity)
    }
    let canonical = dataset.description.options
    #expect(canonical.contains("scale=a:standard,picture:none"))
    #expect(canonical.contains("features=a,picture,note&targets=kind,size"))
  }

  @Test("options of arrays that aren't named, or twice, are told")
  func optionFaults() throws {
    func faults(_ query: [String: String]) -> [String: String] {
      do throws(Faults) {
        _ = try ImportOptions(query: query)
        return [:]
      } catch {
        return Dictionary(error.all.map { ($0.pointer, $0.detail) }) { first, _ in first }
      }
    }
    var found = faults([
      "features": "a,b", "targets": "y,y", "scale": "c:standard", "target_kind": "y:klass",
      "shape": "a:2,x",
    ])
    #expect(found["/query/scale"]?.contains("isn't named in features=") == true)
    #expect(found["/query/targets"]?.contains("twice") == true)
    #expect(found["/query/target_kind"]?.contains("class, sequence, vector") == true)
    #expect(found["/query/shape"]?.contains("positive extents") == true)
    found = faults(["features": "a", "scale": "a:standard,none"])
    #expect(found["/query/scale"]?.contains("NAME:VALUE") == true)
    found = faults(["targets": "y", "target_kind": "y:class", "target_scale": "standard"])
    #expect(found["/query/target_scale"]?.contains("aren't scaled") == true)
  }

  @Test("arrays that there are not, parts nobody names, and examples that differ in number")
  func refusals() throws {
    let file = Fixture.file("several.npz")
    var error = workspace.refusal(file, ["features": "a,b", "targets": "kind"])
    #expect(error?.message.contains("features=b names no array") == true)
    error = workspace.refusal(file, ["features": "a", "targets": "kind,a"])
    #expect(error?.message.contains("names an array of features") == true)
    error = #expect(throws: DatasetError.self) {
      try imported(parts(["a", "picture", "kind", "size"]), ["features": "a", "targets": "kind"])
    }
    #expect(error?.message.contains("\"picture\" is neither") == true)
    error = #expect(throws: DatasetError.self) {
      try imported(
        parts(["a", "short", "kind"]), ["features": "a,short", "targets": "kind"])
    }
    #expect(error?.message.contains("40 examples") == true)
    #expect(error?.message.contains("7 (shape [7, 5])") == true)
    error = #expect(throws: DatasetError.self) {
      try imported(parts(["a", "kind"]), ["features": "a,picture", "targets": "kind"])
    }
    #expect(error?.message.contains("\"picture\"") == true)
  }

  @Test("another dataset is adapted array by array, whatever its order")
  func adaptation() throws {
    let file = Fixture.file("several.npz")
    let reference = try workspace.imported(file, Self.query)
    let other = try workspace.imported(
      file,
      [
        "features": "picture,a", "targets": "size,kind", "scale": "a:standard,picture:none",
        "target_scale": "size:min_max",
      ])
    let adapted = try other.adapted(to: reference.description)
    #expect(adapted.description.arrays?.inputs.map(\.name) == ["a", "picture"])
    var a = [Float](repeating: 0, count: 5)
    var size = [Float](repeating: 0, count: 2)
    var kind: Int32 = -1
    [11].withUnsafeBufferPointer { chosen in
      adapted.gatherInputs(indices: chosen, input: 0, into: &a)
      adapted.gatherTargets(indices: chosen, target: 0, into: &kind)
      adapted.gatherTargets(indices: chosen, target: 1, into: &size)
    }
    #expect(zip(a, rows("a")[55..<60]).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    #expect(zip(size, rows("size")[22..<24]).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    #expect(Double(kind) == rows("kind")[11])
    let single = try workspace.imported(file, ["features": "a", "targets": "kind"])
    let error = #expect(throws: DatasetError.self) {
      try single.adapted(to: reference.description)
    }
    #expect(error?.message.contains("the input \"a\"") == true)
  }

  @Test("a preview and the statistics show each array by its name")
  func preview() throws {
    let dataset = try workspace.imported(Fixture.file("several.npz"), Self.query)
    let row = try #require(dataset.preview(rows: 2)["rows"]?[1])
    #expect(row["inputs"]?["a"]?.array?.count == 5)
    #expect(row["inputs"]?["picture"]?[1]?[2]?.double == rows("picture")[11])
    #expect(row["targets"]?["size"]?.array?.count == 2)
    #expect(row["targets"]?["kind"]?.string == "\(Int(rows("kind")[1]))")
    #expect(dataset.statistics["targets"]?["kind"]?["classes"] != nil)
  }

  @Test("rows and archives of a request become a tensor for each input")
  func encoding() throws {
    let description = try workspace.imported(Fixture.file("several.npz"), Self.query).description
    let rows = (0..<3).map { index -> JSON in
      [
        "picture": .array(self.rows("picture")[index * 6..<(index + 1) * 6].map(JSON.number)),
        "a": .array(self.rows("a")[index * 5..<(index + 1) * 5].map(JSON.number)),
      ]
    }
    let tensors = try description.encodeInputs(rows: rows)
    #expect(tensors.map(\.shape) == [[3, 5], [3, 2, 3]])
    let archive = try description.encodeInputs(npz: Fixture.bytes("several/request.npz"))
    #expect(
      archive.map { $0.elements(of: Float.self) } == tensors.map { $0.elements(of: Float.self) })
    do throws(Faults) {
      _ = try description.encodeInputs(rows: [
        ["a": [1, 2, 3, 4, 5]], 7, ["a": [1], "picture": [], "pictur": 1],
      ])
      Issue.record("faulty rows were taken")
    } catch {
      let found = error.all.map(\.pointer)
      #expect(found == ["/inputs/0/picture", "/inputs/1", "/inputs/2/pictur"])
    }
    do throws(Faults) {
      _ = try description.encodeInputs(rows: [["a": [1, "x", 3, 4, 5], "picture": [1]]])
      Issue.record("faulty rows were taken")
    } catch {
      #expect(error.all.map(\.pointer) == ["/inputs/0/a/1", "/inputs/0/picture"])
    }
    #expect(throws: DatasetError.self) {
      try description.encodeInputs(npz: Fixture.bytes("stored.npz"))
    }
    #expect(throws: DatasetError.self) { try description.encodeInputs(npz: [1, 2, 3]) }
  }
}
