import Foundation
import Testing

@testable import Datasets

@Suite("Damaged files")
struct DamagedFilesTests {
  let workspace: Workspace
  let labels = Fixture.file("labels.npy")

  init() throws { workspace = try Workspace() }

  @Test(
    "cut anywhere are refused, and leave nothing behind",
    arguments: [
      "f4_little_C.npy", "f4_little_F.npy", "version2.npy", "pictures.idx", "pictures.idx.gz",
      "i1.idx",
    ])
  func truncatedArrays(name: String) throws {
    let bytes = try Fixture.bytes(name)
    for count in 0..<bytes.count {
      let file = try workspace.file(Array(bytes[..<count]))
      #expect(workspace.refusal(file, targets: labels) != nil, "\(count) of \(bytes.count) bytes")
    }
  }

  @Test("archives cut anywhere are refused", arguments: ["stored.npz", "deflated.npz"])
  func truncatedArchives(name: String) throws {
    let bytes = try Fixture.bytes(name)
    for count in 0..<bytes.count {
      let file = try workspace.file(Array(bytes[..<count]))
      #expect(workspace.refusal(file) != nil, "\(count) of \(bytes.count) bytes")
    }
  }

  @Test("archives with any byte changed are refused or give the same numbers as before")
  func changedArchives() throws {
    for name in ["stored.npz", "deflated.npz"] {
      let bytes = try Fixture.bytes(name)
      let expected = Fixture.arrays("archives").first { $0.file == name }
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 0x20
        let file = try workspace.file(changed)
        guard let dataset = try? workspace.imported(file) else { continue }
        // Bytes that mean nothing, such as times, may change; the checksum guards all others.
        #expect(dataset.allInputs == expected?.values, "\(name), byte \(index)")
      }
    }
  }

  @Test("a gzipped file with any byte changed is refused or gives the same numbers as before")
  func changedGzip() throws {
    let bytes = try Fixture.bytes("pictures.idx.gz")
    let expected = Fixture.Numbers(Fixture.expected["idx"] ?? .null)
    // Behind the header of 10 bytes, before the length of 4, which says how many members there are.
    for index in 10..<bytes.count - 4 {
      var changed = bytes
      changed[index] ^= 0x04
      let file = try workspace.file(changed)
      let dataset = try? workspace.imported(file, targets: Fixture.file("labels.idx"))
      // The last byte of the data has bits that mean nothing.
      if let dataset { #expect(dataset.allInputs == expected.values, "byte \(index)") }
    }
  }

  @Test("several gzipped files in a row are one")
  func members() throws {
    let bytes = try Fixture.bytes("zipped.csv.gz")
    let file = try workspace.file(bytes + bytes)
    #expect(
      try workspace.imported(
        file, ["missing": "mean", "header": "true", "categorical": "size", "target_kind": "class"]
      ).examples == 11)
  }

  @Test("checksums are those of the standard's example")
  func checksum() {
    var checksum = CRC32()
    Array("123456789".utf8).withUnsafeBytes { checksum.update($0) }
    #expect(checksum.value == 0xCBF4_3926)
  }

  @Test("tables cut anywhere inside a quote or a character are refused")
  func truncatedTables() throws {
    let text = Array("a,b\n\"x\",\"日\"\n".utf8)
    for count in 10..<text.count - 2 {
      #expect(workspace.refusal(try workspace.file(Array(text[..<count]))) != nil, "\(count) bytes")
    }
  }

  @Test("with bytes behind the end are refused")
  func trailing() throws {
    for name in ["f4_little_C.npy", "f4_little_F.npy", "pictures.idx"] {
      let file = try workspace.file(try Fixture.bytes(name) + [0])
      let error = workspace.refusal(file, targets: labels)
      #expect(error?.message.contains("more bytes") == true, "\(name)")
    }
  }

  @Test(
    "NumPy headers that lie or aren't headers are refused",
    arguments: [
      "", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'extra': 1}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} 1",
      "{'descr': '<f3', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '|V8', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 8)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000)}",
      "{'descr': '<f4', 'fortran_order': True, 'shape': (1000000, 1000)}",
      "{'shape': ((((((((((((1,),),),),),),),),),),),)}",
      "__import__('os').system('true')",
    ])
  func headers(text: String) throws {
    let file = try workspace.file(NPYFile.head(text) + [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(workspace.refusal(file, targets: labels) != nil)
  }

  @Test("a NumPy header longer than 64 KiB is refused unread")
  func longHeader() throws {
    let file = try workspace.file(
      [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0x7F] + Array("{}".utf8))
    #expect(workspace.refusal(file, targets: labels)?.code == .limitExceeded)
  }

  @Test(
    "IDX headers that lie are refused",
    arguments: [
      [0, 0, 8, 0], [0, 0, 7, 1, 0, 0, 0, 1, 1], [0, 0, 8, 9] + [UInt8](repeating: 0, count: 40),
      [0, 0, 8, 1, 0xFF, 0xFF, 0xFF, 0xFF, 1],
      [
        0, 0, 14, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF,
      ],
      [0, 0, 8, 1, 0, 0, 0, 0],
    ] as [[UInt8]])
  func idxHeaders(bytes: [UInt8]) throws {
    #expect(workspace.refusal(try workspace.file(bytes), targets: labels) != nil)
  }

  @Test("what unfolds into far too much is refused before it has")
  func bombs() throws {
    var limits = ImportLimits()
    limits.freeExpansionBytes = 50
    limits.expansion = 1
    let csv = workspace.refusal(
      Fixture.examples.appendingPathComponent("digits.csv.gz"), limits: limits)
    #expect(csv?.code == .limitExceeded)
  }

  @Test("what is none of the formats is refused")
  func unknown() throws {
    for bytes in [
      [0x89, 0x50, 0x4E, 0x47, 0, 1, 2], [0, 1, 2, 3], Array("PK\u{3}\u{4}nonsense".utf8),
    ]
      as [[UInt8]]
    {
      #expect(workspace.refusal(try workspace.file(bytes)) != nil)
    }
  }

  @Test("a dataset whose files were damaged isn't opened")
  func damagedDataset() throws {
    let dataset = try workspace.imported(text: "a,b\n1,x\n2,y\n")
    let inputs = dataset.directory.appendingPathComponent("inputs.bin")
    try Data([1, 2, 3]).write(to: inputs)
    #expect(throws: DatasetError.self) { try Dataset.open(directory: dataset.directory) }
    try FileManager.default.removeItem(at: inputs)
    #expect(throws: DatasetError.self) { try Dataset.open(directory: dataset.directory) }
    #expect(throws: DatasetError.self) {
      try Dataset.open(directory: dataset.directory.appendingPathComponent("nowhere"))
    }
  }

  @Test("a full disk is told apart from other faults")
  func fullDisk() throws {
    // Linux has a device on which every write finds the disk full.
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let output = try OutputFile(URL(fileURLWithPath: "/dev/full"))
    try output.append([UInt8](repeating: 1, count: 10))
    let error = #expect(throws: DatasetError.self) { try output.flush() }
    #expect(error?.code == .diskFull)
  }
}
