import Foundation
import JSON
import Tensors
import Testing

@testable import Datasets

@Suite("A text")
struct TextImportTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func imported(
    _ text: String, length: Int, _ query: [String: String] = [:]
  ) throws -> Dataset {
    try workspace.imported(
      text: text,
      query.merging(["format": "text", "sequence_length": "\(length)"]) { own, _ in own })
  }

  @Test("becomes windows of characters, numbered by code point, with the next one as the target")
  func characters() throws {
    // sorted(set("hello world")) in Python: [' ', 'd', 'e', 'h', 'l', 'o', 'r', 'w'].
    let dataset = try imported("hello world", length: 4)
    #expect(dataset.target.classes == [" ", "d", "e", "h", "l", "o", "r", "w"])
    #expect(dataset.examples == 2)
    #expect(dataset.inputShape == [4])
    #expect(dataset.allInputs == [3, 2, 4, 4, 5, 0, 7, 5])
    #expect(dataset.allTargets(Int32.self) == [2, 4, 4, 5, 0, 7, 5, 6])
    #expect(
      dataset.target
        == .sequence(
          names: [" ", "d", "e", "h", "l", "o", "r", "w"], counts: [1, 1, 1, 1, 3, 2, 1, 1],
          shape: [4]))
    let json = dataset.description.json
    #expect(json["format"] == "text")
    #expect(json["input"]?["dtype"] == "int32")
    #expect(json["input"]?["vocabulary"] == 8)
    #expect(json["input"]?["stored"] == "uint8")
    #expect(json["target"]?["kind"] == "sequence")
    #expect(json["input"]?["text"]?["length"] == 11)
  }

  @Test("has windows that overlap where a stride says so, without being stored more than once")
  func stride() throws {
    let dataset = try imported("hello world", length: 4, ["stride": "1"])
    #expect(dataset.examples == 7)
    #expect(Array(dataset.allInputs[4..<8]) == [2, 4, 4, 5])
    let stored = try Data(
      contentsOf: dataset.directory.appendingPathComponent(Dataset.FileName.inputs))
    #expect(stored.count == 11)
    #expect(try imported("hello world", length: 10).examples == 1)
  }

  @Test("of many scripts has the scalars that Swift reads, in two bytes once there are many")
  func scripts() throws {
    // Equal as strings, and yet two characters: the letter and the unit's sign.
    let text =
      "\u{C5}\u{212B}e\u{301}\r\n😀中"
      + String((0x4E00..<0x4F00).compactMap { Unicode.Scalar($0) }.map(Character.init))
    let scalars = Array(text.unicodeScalars)
    let dataset = try imported(text, length: scalars.count - 1)
    let vocabulary = Set(scalars).sorted()
    #expect(dataset.target.classes.map { Array($0.unicodeScalars) } == vocabulary.map { [$0] })
    #expect(dataset.description.json["input"]?["stored"] == "uint16")
    let expected = try scalars.map { scalar in
      Float(try #require(vocabulary.firstIndex(of: scalar)))
    }
    #expect(dataset.allInputs == Array(expected.dropLast()))
    let encoded = try dataset.encode(rows: [
      .string(String(String.UnicodeScalarView(scalars.dropLast())))
    ])
    #expect(encoded.elements(of: Float.self) == dataset.allInputs)
  }

  @Test("of bytes takes whatever comes, and has all 256")
  func bytes() throws {
    let file = try workspace.file([0xFF, 0x00, 0x41, 0xC3, 0x28])
    let dataset = try workspace.imported(
      file, ["format": "text", "sequence_length": "2", "tokens": "byte"])
    #expect(dataset.target.classes.count == 256)
    #expect(dataset.target.classes[10] == "0x0a")
    #expect(dataset.allInputs == [255, 0, 65, 195])
    #expect(dataset.allTargets(Int32.self) == [0, 65, 195, 40])
    let encoded = try dataset.encode(rows: ["é", [0, 255]])
    #expect(encoded.elements(of: Float.self) == [195, 169, 0, 255])
  }

  @Test("may be gzipped, and its byte order mark isn't of it")
  func mark() throws {
    let plain = try imported("abcabc", length: 2)
    #expect(try imported("\u{FEFF}abcabc", length: 2).allInputs == plain.allInputs)
    #expect(try imported("abc\u{FEFF}abc", length: 2).target.classes.count == 4)
    // gzip.compress(b"abcabc", mtime=0) of Python.
    let zipped: [UInt8] = [
      31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 75, 76, 74, 78, 76, 74, 6, 0, 76, 153, 110, 114, 6, 0, 0, 0,
    ]
    let unzipped = try workspace.imported(
      try workspace.file(zipped), ["format": "text", "sequence_length": "2"])
    #expect(unzipped.allInputs == plain.allInputs)
  }

  @Test(
    "that isn't UTF-8 is refused with the byte's place",
    arguments: [
      ([0x61, 0xFF], 1), ([0x61, 0xC3, 0x28], 2), ([0xED, 0xA0, 0x80], 1), ([0xC0, 0xAF], 0),
      ([0x61, 0xE4, 0xB8], 3), ([0xF4, 0x90, 0x80, 0x80], 1),
    ] as [([UInt8], Int)])
  func invalid(bytes: [UInt8], place: Int) throws {
    let error = workspace.refusal(
      try workspace.file(bytes), ["format": "text", "sequence_length": "1"])
    #expect(error?.code == .malformed)
    #expect(error?.byte == place)
  }

  @Test("that has no window, one character, too many characters or windows is refused")
  func limits() throws {
    let query = ["format": "text", "sequence_length": "4"]
    let short = try workspace.refusal(text: "abcd", query)
    #expect(short?.code == .option)
    #expect(short?.message.contains("need 5") == true)
    #expect(try workspace.refusal(text: "aaaaaaaa", query)?.code == .option)
    var limits = ImportLimits()
    limits.characters = 3
    let many = workspace.refusal(try workspace.file("abcdabcd"), query, limits: limits)
    #expect(many?.code == .limitExceeded)
    #expect(many?.message.contains("tokens=byte") == true)
    limits = ImportLimits()
    limits.windows = 3
    let windows = workspace.refusal(
      try workspace.file("abcdabcd"), query.merging(["stride": "1"]) { $1 }, limits: limits)
    #expect(windows?.code == .limitExceeded)
  }

  @Test("takes only what belongs to texts, and nothing else takes that")
  func options() {
    let faults = #expect(throws: Faults.self) {
      try ImportOptions(query: ["format": "text", "target": "y", "stride": "0", "tokens": "word"])
    }
    #expect(
      faults?.all.map(\.pointer).sorted() == [
        "/query/sequence_length", "/query/stride", "/query/target", "/query/tokens",
      ])
    let others = #expect(throws: Faults.self) {
      try ImportOptions(query: ["format": "csv", "sequence_length": "4"])
    }
    #expect(others?.all.map(\.pointer) == ["/query/sequence_length"])
  }

  @Test(
    "validates on its last part, in windows that nothing trained on touches",
    arguments: [1, 3, 5, 7])
  func split(stride: Int) throws {
    let text = String((0..<203).map { Character(Unicode.Scalar(UInt8(97 + $0 % 26))) })
    let dataset = try imported(text, length: 5, ["stride": "\(stride)"])
    let split = dataset.split(validationFraction: 0.1, seed: 1)
    // 90 % of 203 tokens, rounded down, as nanoGPT cuts: text[:int(n * 0.9)].
    let cut = 182
    #expect(split.training == ExampleSet(0..<((cut - 6) / stride + 1)))
    for window in split.validation { #expect(window * stride >= cut) }
    for (window, next) in zip(split.validation, split.validation.dropFirst()) {
      #expect((next - window) * stride >= 5)
    }
    #expect(!split.validation.isEmpty)
    #expect(try #require(split.training.last) * stride + 5 < cut)
  }

  @Test("is shown as text, and its predictions are texts")
  func preview() throws {
    let dataset = try imported("hello world", length: 4)
    #expect(
      dataset.preview(rows: 5)["rows"] == [
        ["input": "hell", "target": "ello"], ["input": "o wo", "target": " wor"],
      ])
    #expect(dataset.description.text(of: [7, 5, 6]) == "wor")
  }

  @Test("of a prediction must be a window of known characters")
  func rows() throws {
    let dataset = try imported("hello world", length: 4)
    let faults = #expect(throws: Faults.self) {
      try dataset.encode(rows: ["hell", "hel", "help", [0, 1, 2, 8], 7])
    }
    #expect(
      faults?.all.map(\.pointer) == ["/inputs/1", "/inputs/2", "/inputs/3/3", "/inputs/4"])
    #expect(faults?.description.contains("\"p\", at position 4") == true)
  }

  @Test("adapted to another one has that one's numbers, or is refused")
  func adapted() throws {
    let training = try imported("hello world", length: 4)
    let other = try imported("doll roll", length: 4, ["stride": "2"])
    let adapted = try other.adapted(to: training.description)
    #expect(Array(adapted.allInputs.prefix(4)) == [1, 5, 4, 4])
    #expect(Array(adapted.allTargets(Int32.self).prefix(4)) == [5, 4, 4, 0])
    #expect(adapted.target.classes == training.target.classes)
    #expect(try training.adapted(to: training.description) === training)
    let strange = try imported("hello zoo", length: 4)
    #expect(throws: DatasetError.self) { try strange.adapted(to: training.description) }
    let longer = try imported("hello world", length: 5)
    #expect(throws: DatasetError.self) { try longer.adapted(to: training.description) }
    let table = try workspace.imported(text: "a,b\n1,x\n2,y\n")
    #expect(throws: DatasetError.self) { try table.adapted(to: training.description) }
    #expect(throws: DatasetError.self) { try training.adapted(to: table.description) }
  }
}

@Suite("Arrays with a class at each place")
struct SequenceTargetTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// An npy file of bytes, version 1.0.
  private func array(_ values: [UInt8], _ shape: [Int], _ name: String) throws -> URL {
    try workspace.file(NPYFile.bytes("|u1", shape, values), name: name)
  }

  @Test("are sequences when the target's kind says so")
  func sequences() throws {
    let dataset = try workspace.imported(
      array([1, 2, 3, 4, 5, 6], [2, 3], "x.npy"),
      targets: array([0, 2, 2, 1, 0, 2], [2, 3], "y.npy"),
      ["target_kind": "sequence", "scale": "none"])
    #expect(
      dataset.target == .sequence(names: ["0", "1", "2"], counts: [2, 1, 3], shape: [3]))
    #expect(dataset.allTargets(Int32.self) == [0, 2, 2, 1, 0, 2])
    #expect(dataset.allInputs == [1, 2, 3, 4, 5, 6])
    #expect(dataset.classIndices.isEmpty)
    #expect(dataset.preview(rows: 1)["rows"]?.array?.first?["target"] == ["0", "2", "2"])
  }

  @Test("may have places without a class, which stay what they are, and no other negative numbers")
  func ignored() throws {
    func shorts(_ values: [Int16], _ name: String) throws -> URL {
      try workspace.file(NPYFile.bytes("<i2", [2, 3], values), name: name)
    }
    let inputs = try array([1, 2, 3, 4, 5, 6], [2, 3], "x.npy")
    let query = ["target_kind": "sequence"]
    let dataset = try workspace.imported(
      inputs, targets: shorts([0, 2, -100, 1, -100, -100], "y.npy"), query)
    #expect(
      dataset.target == .sequence(names: ["0", "1", "2"], counts: [1, 1, 1], shape: [3]))
    #expect(dataset.allTargets(Int32.self) == [0, 2, -100, 1, -100, -100])
    #expect(dataset.preview(rows: 1)["rows"]?.array?.first?["target"] == ["0", "2", nil])
    let error = workspace.refusal(
      inputs, targets: try shorts([0, 2, -1, 1, 0, 0], "z.npy"), query)
    #expect(error?.message.contains("or -100 where there's none") == true)
  }

  @Test("are refused when there's one number an example")
  func flat() throws {
    let error = workspace.refusal(
      try array([1, 2], [2, 1], "x.npy"), targets: try array([0, 1], [2], "y.npy"),
      ["target_kind": "sequence"])
    #expect(error?.code == .option)
  }
}
