import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct WeightsFileTests {
  static let tensors = [
    NamedTensor(
      name: "hidden.weight", tensor: Tensor([-1, -0.5, 0, 0.5, 1, 1.5] as [Float], shape: [2, 3])),
    NamedTensor(name: "hidden.bias", tensor: Tensor([0.25, -8] as [Float], shape: [2])),
    NamedTensor(name: "count", tensor: Tensor([3, -4] as [Int32], shape: [2])),
  ]

  @Test("reads what Python wrote", arguments: WeightsFile.allCases)
  func readsPython(format: WeightsFile) throws {
    let bytes = [UInt8](try Data(contentsOf: fixture("weights.\(format.fileExtension)")))
    #expect(WeightsFile.sniffed(bytes) == format)
    let weights = Weights(try format.decoded(bytes))
    #expect(weights.tensors.count == 6)
    #expect(weights["hidden.weight"]?.shape == [2, 3])
    #expect(weights["hidden.weight"]?.elements(of: Float.self) == [-1, -0.5, 0, 0.5, 1, 1.5])
    let bias = weights["hidden.bias"]?.elements(of: Float.self).map(\.bitPattern)
    #expect(bias == [1, 0x8000_0000, 0x7F7F_FFFF])
    #expect(weights["double"]?.elements(of: Double.self) == [0.1, .infinity])
    #expect(weights["count"]?.elements(of: Int32.self) == [.min, 7])
    #expect(weights["half"]?.elements(of: Float.self) == [1.5, -65504, 0x1p-24, .infinity])
    #expect(weights["scalar"]?.shape == [])
    #expect(weights["scalar"]?.elements(of: Float.self) == [2.5])
  }

  @Test(
    "reads back what it writes, and the same tensors give the same bytes",
    arguments: WeightsFile.allCases)
  func roundTrips(format: WeightsFile) throws {
    let bytes = try format.encoded(Self.tensors)
    #expect(try format.encoded(Self.tensors) == bytes)
    let back = try format.decoded(bytes)
    #expect(back.map(\.name) == Self.tensors.map(\.name))
    for (one, other) in zip(back, Self.tensors) {
      #expect(one.tensor.type == other.tensor.type)
      #expect(
        one.tensor.withUnsafeBytes { Array($0) } == other.tensor.withUnsafeBytes { Array($0) })
    }
    // For Fixtures/check_weights.py.
    if let directory = ProcessInfo.processInfo.environment["CHAINRULE_WEIGHTS_DIR"] {
      try Data(bytes).write(to: URL(filePath: "\(directory)/ours.\(format.fileExtension)"))
    }
  }

  @Test("a safetensors file is a length, an aligned header, and the contents without a gap")
  func safetensorsLayout() throws {
    let bytes = try WeightsFile.safetensors.encoded(Self.tensors)
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0)
    #expect(bytes.count == 8 + length + 24 + 8 + 8)
    let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    #expect(header.hasPrefix(#"{"__metadata__":{"format":"pt"},"hidden.weight":{"dtype":"F32""#))
    #expect(header.contains(#""hidden.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}"#))
    #expect(Array(bytes[(8 + length)..<(8 + length + 4)]) == [0, 0, 0x80, 0xBF])
  }

  @Test("an npz stores its members, each an npy of version 1.0 whose contents are aligned")
  func npzLayout() throws {
    let bytes = try WeightsFile.npz.encoded(Self.tensors)
    #expect(bytes.starts(with: [0x50, 0x4B, 3, 4]))
    #expect(Array(bytes[8..<10]) == [0, 0], "method 0 is stored")
    let magic = Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: magic) })
    #expect(Array(bytes[start + 6..<start + 8]) == [1, 0])
    let length = Int(bytes[start + 8]) + Int(bytes[start + 9]) << 8
    #expect((10 + length) % 64 == 0)
  }

  @Test(
    "a damaged safetensors file is told apart from a whole one",
    arguments: [
      [], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 127],
      file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, contents: 4),
      file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, contents: 8),
      file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, contents: 8),
      file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, contents: 0),
      file(#"{"a":{"dtype":"Q7","shape":[1],"data_offsets":[0,4]}}"#, contents: 4),
      file(#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, contents: 4),
      file(
        #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, contents: 0),
      file(#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, contents: 4),
      file(#"{"a":3}"#, contents: 0), file("[]", contents: 0), file("{", contents: 0),
    ])
  func refusesDamage(bytes: [UInt8]) {
    #expect(throws: TrainingError.self) { try WeightsFile.safetensors.decoded(bytes) }
  }

  @Test("any cut of a file is refused", arguments: WeightsFile.allCases)
  func refusesCuts(format: WeightsFile) throws {
    let bytes = try format.encoded(Self.tensors)
    // A zip's last bytes are its directory, which reading from the front needs not.
    let contents = format == .npz ? bytes.count / 2 : bytes.count
    for length in stride(from: 0, to: contents, by: 7) {
      let cut = try? format.decoded(Array(bytes[..<length]))
      #expect((cut?.count ?? 0) < Self.tensors.count, "cut to \(length) bytes")
    }
  }

  @Test("integers of every size and a transposed array are read as NumPy means them")
  func integersAndOrder() throws {
    func npy(_ type: String, _ order: String, _ shape: String, _ contents: [UInt8]) -> [UInt8] {
      let header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
      return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
        + Array(header.utf8) + contents
    }
    func read(_ bytes: [UInt8]) throws -> Tensor {
      let (header, start) = try NumpyHeader.read(bytes, of: "a")
      return header.kind.tensor(bytes[start...], shape: header.shape)
    }
    let minusTwo: [UInt8] = [0xFE] + [UInt8](repeating: 0xFF, count: 7)
    #expect(try read(npy("<i8", "False", "()", minusTwo)).elements(of: Double.self) == [-2])
    #expect(
      try read(npy("<u2", "False", "(2,)", [1, 2, 0xFF, 0xFF])).elements(of: Double.self)
        == [513, 65_535])
    #expect(try read(npy("|i1", "False", "(1,)", [0x80])).elements(of: Double.self) == [-128])
    for type in [">f4", "|O", "<c8"] {
      #expect(throws: TrainingError.self) { try read(npy(type, "False", "(1,)", [0, 0, 0, 0])) }
    }
    // numpy.savez(a=numpy.arange(6, dtype="u1").reshape(2, 3).T) holds 0 to 5, and is 3 by 2.
    let zip = try #require(
      [UInt8](try Data(contentsOf: fixture("transposed.npz"))) as [UInt8]?)
    let tensor = try #require(try WeightsFile.npz.decoded(zip).first?.tensor)
    #expect(tensor.shape == [3, 2])
    #expect(tensor.elements(of: UInt8.self) == [0, 3, 1, 4, 2, 5])
  }

  @Test(
    "a file with bytes that are other ones is refused or read, and never more",
    arguments: WeightsFile.allCases)
  func survivesMutations(format: WeightsFile) throws {
    let whole = [UInt8](try Data(contentsOf: fixture("weights.\(format.fileExtension)")))
    var random = Philox(seed: 5, purpose: "mutations").generator()
    var refused = 0
    for _ in 0..<3_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      do {
        let tensors = try format.read(bytes)
        #expect(tensors.reduce(0) { $0 + $1.tensor.type.byteCount } < 10 * whole.count)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 500)
  }

  @Test("an archive that unfolds into more than it may is refused before it is all there")
  func refusesBombs() throws {
    let bytes = try WeightsFile.npz.encoded(Self.tensors)
    #expect(try NumpyArchive.read(bytes, limit: 10_000).count == 3)
    #expect(throws: TrainingError.self) { try NumpyArchive.read(bytes, limit: 200) }
    #expect(NumpyArchive.limit(of: 1_000) == 256 << 20)
    #expect(NumpyArchive.limit(of: .max) == WeightsFile.largestContents)
  }

  private static func file(_ header: String, contents: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
      + [UInt8](repeating: 0, count: contents)
  }
}

/// A file that a script beside it made.
func fixture(_ name: String, file: String = #filePath) -> URL {
  URL(filePath: file).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
}
