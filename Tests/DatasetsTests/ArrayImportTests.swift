import Foundation
import JSON
import Tensors
import Testing

@testable import Datasets

@Suite("Arrays")
struct ArrayImportTests {
  let workspace: Workspace
  let labels = Fixture.file("labels.npy")

  init() throws { workspace = try Workspace() }

  @Test("of every type and order are what NumPy reads", arguments: Fixture.arrays("arrays"))
  func agreement(array: Fixture.Numbers) throws {
    let dataset = try workspace.imported(
      Fixture.file(array.file), targets: labels, ["scale": "none"])
    #expect(dataset.inputShape.dimensions == array.shape)
    #expect(dataset.allInputs == array.values)
    #expect(dataset.allTargets(Int32.self) == [2, 0, 1, 1, 0])
    #expect(dataset.target == .classes(names: ["0", "1", "2"], counts: [2, 2, 1]))
    let files = try FileManager.default.contentsOfDirectory(atPath: dataset.directory.path)
    #expect(files.sorted() == ["description.json", "inputs.bin", "targets.bin"])
  }

  @Test("of an archive are found by name", arguments: Fixture.arrays("archives"))
  func archives(array: Fixture.Numbers) throws {
    let dataset = try workspace.imported(Fixture.file(array.file))
    #expect(dataset.description.format == .npz)
    #expect(dataset.description.input.stored == .uint8)
    #expect(dataset.inputShape.dimensions == array.shape)
    #expect(dataset.allInputs == array.values)
    #expect(dataset.allTargets(Int32.self) == [2, 0, 1, 1, 0])
  }

  @Test("of an archive are found by position, and chosen by option")
  func archiveNames() throws {
    #expect(try workspace.imported(Fixture.file("positional.npz")).examples == 5)
    let named = Fixture.file("named.npz")
    let error = workspace.refusal(named)
    #expect(error?.code == .option)
    #expect(error?.message.contains("weights, pictures, digits, targets") == true)
    let first = try workspace.imported(named, ["features": "pictures", "targets": "digits"])
    #expect(first.allTargets(Int32.self) == [2, 0, 1, 1, 0])
    let second = try workspace.imported(named, ["features": "pictures"])
    #expect(second.allTargets(Int32.self) == [0, 1, 1, 0, 2])
    #expect(workspace.refusal(named, ["features": "photos"])?.code == .option)
  }

  @Test("of IDX are what was written, with a channel axis for pictures", arguments: ["", ".gz"])
  func idx(suffix: String) throws {
    let expected = Fixture.Numbers(Fixture.expected["idx"] ?? .null)
    let dataset = try workspace.imported(
      Fixture.file("pictures.idx\(suffix)"), targets: Fixture.file("labels.idx"))
    #expect(dataset.description.format == .idx)
    #expect(dataset.inputShape.dimensions == expected.shape)
    #expect(dataset.allInputs == expected.values)
    #expect(dataset.allTargets(Int32.self) == [2, 0, 1, 1, 0])
    let flat = try workspace.imported(
      Fixture.file("pictures.idx"), targets: Fixture.file("labels.idx"), ["shape": "6"])
    #expect(flat.inputShape == [6])
    #expect(flat.allInputs == expected.values)
  }

  @Test("are scaled as NumPy would", arguments: ["standard", "min_max"])
  func scaling(method: String) throws {
    let expected = (Fixture.expected["scaled"]?[method]?.array ?? []).compactMap(\.double)
    let dataset = try workspace.imported(
      Fixture.file("scaled.npy"), targets: labels, ["scale": method])
    let inputs = dataset.allInputs
    #expect(inputs.count == expected.count)
    // Welford's mean of 1e9 ± 10 is good to about 1e-7 of the deviation.
    for (found, wanted) in zip(inputs, expected) { #expect(abs(Double(found) - wanted) < 1e-6) }
  }

  @Test("of bytes may be standardised, by one scaling when they are pictures")
  func byteScaling() throws {
    let dataset = try workspace.imported(
      Fixture.file("pictures.idx"), targets: Fixture.file("labels.idx"), ["scale": "standard"])
    #expect(dataset.description.input.stored == .float32)
    #expect(dataset.description.input.scalings.count == 1)
    let inputs = dataset.allInputs.map(Double.init)
    let mean = inputs.reduce(0, +) / Double(inputs.count)
    let square = inputs.reduce(0) { $0 + $1 * $1 } / Double(inputs.count)
    #expect(abs(mean) < 1e-6)
    #expect(abs(square - 1) < 1e-5)
  }

  @Test("of floats are vector targets, and integers too when asked")
  func vectorTargets() throws {
    let dataset = try workspace.imported(labels, targets: Fixture.file("f8_little_F.npy"))
    let expected = Fixture.arrays("arrays").first { $0.file == "f8_little_F.npy" }
    #expect(dataset.target.shape == [3])
    #expect(dataset.allTargets(Float.self) == expected?.values)
    #expect(dataset.inputShape == [1])
    let integers = try workspace.imported(
      Fixture.file("f4_little_C.npy"), targets: labels, ["target_kind": "vector"])
    #expect(integers.target.shape == [1])
    #expect(integers.allTargets(Float.self) == [2, 0, 1, 1, 0])
    let fractions = workspace.refusal(
      labels, targets: Fixture.file("f8_little_F.npy"), ["target_kind": "class"])
    #expect(fractions?.code == .option)
  }

  @Test(
    "that aren't plain numbers are refused, with the reason",
    arguments: [
      ("objects.npy", DatasetError.Code.unsupported, "pickle"),
      ("structured.npy", .unsupported, "structured"), ("complex.npy", .unsupported, "c8"),
      ("text.npy", .unsupported, "U1"), ("nan.npy", .malformed, "NaN"),
      ("empty.npy", .empty, "no element"), ("scalar.npy", .unsupported, "0 axes"),
    ])
  func refusals(file: String, code: DatasetError.Code, word: String) throws {
    let error = workspace.refusal(Fixture.file(file), targets: labels)
    #expect(error?.code == code)
    #expect(error?.message.contains(word) == true, "\(String(describing: error))")
    #expect(error?.part == "features")
  }

  @Test("with pickled objects in an archive are refused by name")
  func pickles() throws {
    let error = workspace.refusal(Fixture.file("objects.npz"))
    #expect(error?.code == .unsupported)
    #expect(error?.part == "array \"x\"")
  }

  @Test("that aren't finite are refused with example and feature")
  func notFinite() throws {
    let error = workspace.refusal(Fixture.file("nan.npy"), targets: labels)
    #expect(error?.row == 2)
    #expect(error?.column == 2)
  }

  @Test("of different lengths, or alone, are refused")
  func pairs() throws {
    let three = try workspace.file("a,b\n")
    #expect(workspace.refusal(Fixture.file("f4_little_C.npy"))?.code == .option)
    #expect(workspace.refusal(Fixture.file("f4_little_C.npy"), targets: three)?.code == .malformed)
    let short = try workspace.file(
      [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3], name: "short.idx")
    let error = workspace.refusal(Fixture.file("f4_little_C.npy"), targets: short)
    #expect(error?.message.contains("5 examples") == true)
    #expect(
      workspace.refusal(
        Fixture.file("f4_little_C.npy"), targets: labels, ["header": "true"])?.code == .option)
    #expect(
      workspace.refusal(
        Fixture.file("f4_little_C.npy"), targets: labels, ["shape": "4"])?.code == .option)
  }

  @Test("previews show values of the upload")
  func preview() throws {
    let dataset = try workspace.imported(
      Fixture.file("i1.idx"), targets: labels, ["scale": "min_max"])
    let expected = Fixture.arrays("arrays").first { $0.file == "i1.idx" }
    let row = dataset.preview(rows: 1)["rows"]?[0]
    #expect(row?["target"] == "2")
    let shown = row?["input"]?.array?.compactMap(\.double) ?? []
    #expect(shown.count == 2)
    for (value, wanted) in zip(shown, expected?.values ?? []) {
      #expect(abs(value - Double(wanted)) < 1e-4)
    }
  }
}
