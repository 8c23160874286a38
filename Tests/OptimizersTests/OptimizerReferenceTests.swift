import Autodiff
import JSON
import Kernels
import Optimizers
import Tensors
import Testing

/// Optimizers against PyTorch: `Fixtures/make_optimizers.py` writes what is expected.
@Suite struct OptimizerReferenceTests {
  static let fixture = Fixture.json("optimizers.json")
  static let cases = (fixture["cases"]?.array ?? []).map(Case.init)

  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON
    var testDescription: String { json["name"]?.string ?? "" }
  }

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 15) }

  @Test(
    "50 steps in float64 are PyTorch's to 1e-12", arguments: cases, [1, 2])
  func doublePrecision(expected: Case, threads: Int) throws {
    try check(expected, Double.self, tolerance: 1e-12, threads: threads)
  }

  @Test(
    "50 steps in float32 are PyTorch's to 2e-6", arguments: cases, [1, 2])
  func singlePrecision(expected: Case, threads: Int) throws {
    try check(expected, Float.self, tolerance: 2e-6, threads: threads)
  }

  private func check<Element: BinaryFloatingPoint & TensorElement>(
    _ reference: Case, _: Element.Type, tolerance: Double, threads: Int
  ) throws {
    let expected = reference.json
    let shapes = Fixture.rows(Self.fixture["shapes"]).map { Shape($0.map { Int($0) }) }
    let descriptions = shapes.enumerated().map { (name: "p\($0)", shape: $1) }
    let element = Element.elementType
    let parameters = ParameterStore(descriptions, element: element)
    let gradients = ParameterStore(descriptions, element: element)
    Self.write(Fixture.rows(Self.fixture["start"]), to: parameters, as: Element.self)

    let optimizer = try OptimizerCatalog.decode(
      #require(expected["optimizer"]), pointer: "")
    let clip = try expected["clip"].flatMap { $0 == .null ? nil : try Clip($0, pointer: "") }
    let bound = BoundOptimizer(
      optimizer, clip: clip, parameters: parameters, gradients: gradients,
      slots: optimizer.makeSlots(for: descriptions, element: element),
      team: ThreadTeam(threads: threads))

    let kept = Fixture.numbers(Self.fixture["kept"]).map { Int($0) }
    let norms = Fixture.numbers(Self.fixture["norms"])
    let states = (expected[element.rawValue]?.array ?? []).map { Fixture.rows($0) }
    for (index, step) in (Self.fixture["gradients"]?.array ?? []).enumerated() {
      Self.write(Fixture.rows(step), to: gradients, as: Element.self)
      bound.step(index + 1, learningRate: optimizer.learningRate)
      // The norm is summed in double from the same float32 gradients.
      #expect(abs(bound.gradientNorm - norms[index]) <= 1e-6 * norms[index])
      guard let place = kept.firstIndex(of: index + 1) else { continue }
      for (parameter, values) in states[place].enumerated() {
        let found = Self.read(parameters, parameter, as: Element.self)
        for (a, b) in zip(found, values) {
          #expect(
            abs(a - b) <= tolerance * max(1, abs(b)), "step \(index + 1), parameter \(parameter)")
        }
      }
    }
  }

  static func write<Element: BinaryFloatingPoint>(
    _ rows: [[Double]], to store: ParameterStore, as: Element.Type
  ) {
    for (index, row) in rows.enumerated() {
      let pointer = store.pointer(index).assumingMemoryBound(to: Element.self)
      for (position, value) in row.enumerated() { pointer[position] = Element(value) }
    }
  }

  static func read<Element: BinaryFloatingPoint>(
    _ store: ParameterStore, _ index: Int, as: Element.Type
  ) -> [Double] {
    let pointer = store.pointer(index).assumingMemoryBound(to: Element.self)
    return (0..<store.shapes[index].count).map { Double(pointer[$0]) }
  }
}
