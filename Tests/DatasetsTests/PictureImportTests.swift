import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("Pictures and tensors")
struct PictureImportTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func bytes(_ dataset: Dataset) -> [Int] {
    dataset.allInputs.map { Int(($0 * 255).rounded()) }
  }

  @Test("pictures in folders are those of Pillow, channel after channel")
  func folders() throws {
    let dataset = try workspace.imported(Fixture.file("formats/pictures.zip"))
    #expect(dataset.description.format == .imageZip && dataset.inputShape == [3, 10, 14])
    #expect(dataset.target == .classes(names: ["cat", "dog"], counts: [3, 3]))
    let planar = (try Fixture.format("pictures")["planar"]?.array ?? []).flatMap {
      Fixture.numbers($0).map { Int($0) }
    }
    #expect(bytes(dataset) == planar)
    #expect(dataset.allTargets(Int32.self) == [0, 1, 0, 1, 0, 1])
  }

  @Test("a file of labels takes the folders' place, and grey pictures have one channel")
  func labels() throws {
    let dataset = try workspace.imported(
      Fixture.file("formats/labelled.tar.gz"), ["format": "image_tar"])
    #expect(dataset.inputShape == [1, 10, 14])
    #expect(dataset.target.classes == ["high", "low"])
    #expect(dataset.allTargets(Int32.self) == [1, 0, 1, 0])
    let grey = (try Fixture.format("pictures")["grey"]?.array ?? []).flatMap {
      Fixture.numbers($0).map { Int($0) }
    }
    #expect(bytes(dataset) == grey)
  }

  @Test("pictures of other sizes are brought to one as Pillow does, or refused by name")
  func sizes() throws {
    let dataset = try workspace.imported(
      Fixture.file("formats/sizes.zip"), ["shape": "3,10,14"])
    let resized = try #require(try Fixture.format("pictures")["resized"])
    let all = bytes(dataset)
    for (index, kind) in ["PNG", "JPEG", "WEBP"].enumerated() {
      let wanted = Fixture.numbers(resized[kind]).map { Int($0) }
      let found = all[index * 420..<(index + 1) * 420]
      let difference = zip(found, wanted).map { abs($0 - $1) }.max() ?? 99
      // What decoders of other versions make of one picture may differ by one.
      #expect(difference <= (kind == "PNG" ? 0 : 1), "\(kind)")
    }
    let error = #expect(throws: DatasetError.self) {
      try workspace.imported(Fixture.file("formats/sizes.zip"), ["shape": "2,10,14"])
    }
    #expect(error?.code == .option)
  }

  @Test("a picture that says it is huge, a damaged one and one in no folder are refused by name")
  func refused() throws {
    // The head of a PNG of 60,000 by 60,000 pixels, with its checksum.
    var bomb: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    let header: [UInt8] = Array("IHDR".utf8) + [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0]
    var check = CRC32()
    header.withUnsafeBytes { check.update($0) }
    bomb += header + (0..<4).map { UInt8(truncatingIfNeeded: check.value >> UInt32(24 - 8 * $0)) }
    bomb += [0, 0, 0, 0] + Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]
    let large = #expect(throws: DatasetError.self) {
      try EncodedImage(bomb, limits: ImportLimits())
    }
    #expect(large?.code == .limitExceeded || large?.code == .malformed)
    let cut = Array(try Data(contentsOf: Fixture.file("formats/pictures.zip")).prefix(700))
    #expect(throws: DatasetError.self) {
      try workspace.imported(try workspace.file(cut), ["format": "image_zip"])
    }
    #expect(throws: DatasetError.self) {
      try workspace.imported(Fixture.file("stored.npz"), ["format": "image_zip"])
    }
  }

  @Test(
    "tensors are those that safetensors wrote; ones that lie over each other or beyond the end are refused"
  )
  func tensors() throws {
    let dataset = try workspace.imported(Fixture.file("formats/tensors.safetensors"))
    #expect(dataset.description.format == .safetensors)
    let known = try Fixture.format("tensors")
    #expect(Fixture.isNear(dataset.allInputs.map(Double.init), Fixture.numbers(known["x"])))
    #expect(dataset.allTargets(Int32.self).map(Double.init) == Fixture.numbers(known["y"]))
    func file(_ header: String, _ body: Int) throws -> URL {
      let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
      return try workspace.file(length + Array(header.utf8) + [UInt8](repeating: 0, count: body))
    }
    let x = #""x": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}"#
    for (y, message) in [
      (#"{"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}"#, "over each other"),
      (#"{"dtype": "F32", "shape": [2], "data_offsets": [16, 24]}"#, "of a file of"),
      (#"{"dtype": "F32", "shape": [3], "data_offsets": [16, 24]}"#, "needs 12 bytes"),
    ] {
      let error = #expect(throws: DatasetError.self) {
        try workspace.imported(file("{\(x), \"y\": \(y)}", 16), ["format": "safetensors"])
      }
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
    let long = #expect(throws: DatasetError.self) {
      try workspace.imported(
        try workspace.file([UInt8](repeating: 0xFF, count: 16)), ["format": "safetensors"])
    }
    #expect(long?.code == .malformed)
  }

  @Test("CIFAR's records of one and of two labels")
  func cifar() throws {
    let known = try Fixture.format("cifar")
    let ten = try workspace.imported(Fixture.file("formats/cifar10.bin"), ["format": "cifar"])
    #expect(ten.inputShape == [3, 32, 32] && ten.target.classes.count == 10)
    #expect(ten.allTargets(Int32.self).map(Double.init) == Fixture.numbers(known["labels"]))
    #expect(bytes(ten)[..<8].map(Double.init) == Fixture.numbers(known["first"]))
    let hundred = try workspace.imported(Fixture.file("formats/cifar100.bin"), ["format": "cifar"])
    #expect(hundred.allTargets(Int32.self).map(Double.init) == Fixture.numbers(known["fine"]))
    let bytes = [UInt8](try Data(contentsOf: Fixture.file("formats/cifar10.bin")))
    let error = #expect(throws: DatasetError.self) {
      try workspace.imported(try workspace.file(Array(bytes.dropLast(7))), ["format": "cifar"])
    }
    #expect(error?.code == .malformed)
  }
}
