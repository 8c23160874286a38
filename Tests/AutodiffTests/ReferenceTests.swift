import Foundation
import Kernels
import Tensors
import Testing

@testable import Autodiff

/// Every operation of the catalog against PyTorch in float64: `Fixtures/make_primitives.py` writes what is
/// expected, from the expressions that the cases hold.
@Suite struct ReferenceTests {
  struct Reference: Decodable, Sendable {
    let entry: String
    let index: Int
    let torch: String
    /// FNV-1a over the bytes of the inputs.
    let inputs: String
    let shape: [Int]
    let output: String
    let gradients: [String]
  }

  static let references: [String: [Int: Reference]] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/primitives.json")
    guard let data = try? Data(contentsOf: url),
      let list = try? JSONDecoder().decode([Reference].self, from: data)
    else { return [:] }
    return Dictionary(grouping: list, by: \.entry).mapValues { references in
      Dictionary(references.map { ($0.index, $0) }) { first, _ in first }
    }
  }()

  @Test(
    "output and derivatives are PyTorch's", arguments: PrimitiveCatalog.all,
    [ElementType.float64, .float32])
  func matches(entry: PrimitiveEntry, element: ElementType) throws {
    // What has no case is reached through the operation that it is the derivative of.
    if entry.isDerivativeOf != nil, entry.cases.allSatisfy({ $0.torch == nil }) { return }
    let found = Self.references[entry.name] ?? [:]
    #expect(
      found.count >= 5,
      "\(entry.name) has \(found.count) fixtures; write them with make_primitives.py")
    for (index, used) in entry.cases.enumerated() {
      guard let torch = used.torch else { continue }
      let reference = try #require(
        found[index], "\(used) has no fixture; write them with make_primitives.py")
      #expect(reference.torch == torch, "the fixture of \(used) is another expression's")
      try check(used, reference, seed: UInt64(index + 1), element: element)
    }
  }

  private func check(
    _ used: PrimitiveCase, _ reference: Reference, seed: UInt64, element: ElementType
  ) throws {
    let exact = try used.graph(seed: seed)
    #expect(Self.fingerprint(exact) == reference.inputs, "the fixture of \(used) has other inputs")
    var made = try used.graph(seed: seed, element: element)
    #expect(made.graph.shape(of: made.output).dimensions == reference.shape, "\(used)")
    let gradients = try made.graph.gradients(
      of: made.loss, withRespectTo: used.checked.map { made.inputs[$0] })
    let plan = try Plan(made.graph, outputs: [made.output] + gradients)
    let found = try run(plan, graph: made.graph, contents: made.contents, threads: 2)
    let tolerance = element == .float64 ? 1e-12 : 5e-5
    Self.expect(found[0], try Self.doubles(reference.output), tolerance, "the output of \(used)")
    for (place, expected) in reference.gradients.enumerated() {
      Self.expect(
        found[place + 1], try Self.doubles(expected), tolerance,
        "the derivative of \(used) by input \(used.checked[place])")
    }
  }

  private static func doubles(_ text: String) throws -> [Double] {
    let data = try #require(Data(base64Encoded: text))
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map {
        Double(
          bitPattern: UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
  }

  private static func expect(
    _ found: [Double], _ expected: [Double], _ tolerance: Double, _ name: String
  ) {
    guard found.count == expected.count else {
      Issue.record("\(name) has \(found.count) elements, PyTorch's has \(expected.count)")
      return
    }
    let scale = expected.reduce(0.01) { max($0, abs($1)) }
    for (index, (a, b)) in zip(found, expected).enumerated()
    where !(abs(a - b) <= tolerance * scale) {
      Issue.record("element \(index) of \(name) is \(a), PyTorch has \(b)")
    }
  }

  private static func fingerprint(_ made: PrimitiveCaseGraph) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for input in made.inputs {
      made.contents[input]?.withUnsafeBytes { bytes in
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Not a test of anything: writes the cases where `CHAINRULE_CASES` says, for the script to read.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["CHAINRULE_CASES"] != nil))
  func writeCases() throws {
    let path = try #require(ProcessInfo.processInfo.environment["CHAINRULE_CASES"])
    var list: [[String: Any]] = []
    for entry in PrimitiveCatalog.all {
      for (index, used) in entry.cases.enumerated() {
        guard let torch = used.torch else { continue }
        let made = try used.graph(seed: UInt64(index + 1))
        let inputs = made.inputs.compactMap { made.contents[$0] }
        let weights = PrimitiveCase.weights(
          made.graph.shape(of: made.output), seed: UInt64(index + 1))
        list.append([
          "entry": entry.name, "index": index, "torch": torch, "checked": used.checked,
          "inputs": inputs.map { tensor in
            [
              "element": tensor.element.rawValue, "shape": tensor.shape.dimensions,
              "data": Self.base64(tensor),
            ] as [String: Any]
          },
          "weights": Self.base64(weights),
        ])
      }
    }
    try JSONSerialization.data(withJSONObject: list, options: [.sortedKeys])
      .write(to: URL(filePath: path))
  }

  private static func base64(_ tensor: Tensor) -> String {
    tensor.withUnsafeBytes { Data($0).base64EncodedString() }
  }
}
