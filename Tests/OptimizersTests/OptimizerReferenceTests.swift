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
    let norms = Fixture.numbers(Self.fixture["norms"])
    try Self.check(
      reference, of: Self.fixture, Element.self, tolerance: tolerance, threads: threads
    ) {
      bound, step in
      // The norm is summed in double from the same float32 gradients.
      #expect(abs(bound.gradientNorm - norms[step - 1]) <= 1e-6 * norms[step - 1])
    }
  }

  /// Takes the steps of a case and compares the parameters with what is expected.
  static func check<Element: BinaryFloatingPoint & TensorElement>(
    _ reference: Case, of fixture: JSON, _: Element.Type, tolerance: Double, threads: Int,
    afterStep: (BoundOptimizer, Int) -> Void = { _, _ in }
  ) throws {
    let expected = reference.json
    let shapes = Fixture.rows(fixture["shapes"]).map { Shape($0.map { Int($0) }) }
    let descriptions = shapes.enumerated().map { (name: "p\($0)", shape: $1) }
    let element = Element.elementType
    let parameters = ParameterStore(descriptions, element: element)
    let gradients = ParameterStore(descriptions, element: element)
    Self.write(Fixture.rows(fixture["start"]), to: parameters, as: Element.self)

    let choice = try OptimizerChoice(#require(expected["optimizer"]), pointer: "")
    var members = JSONObject()
    members["clip"] = expected["clip"]
    members["gradients"] = expected["gradients"]
    var reader = ObjectReader(.object(members), pointer: "")
    let treatment = GradientTreatment(&reader)
    try reader.finish().check()
    let bound = BoundOptimizer(
      choice, treatment: treatment, parameters: parameters, gradients: gradients,
      layers: fixture["layers"]?.array?.compactMap(\.string), team: ThreadTeam(threads: threads))

    let kept = Fixture.numbers(fixture["kept"]).map { Int($0) }
    let states = (expected[element.rawValue]?.array ?? []).map { Fixture.rows($0) }
    #expect(states.count == kept.count)
    for (index, step) in (fixture["gradients"]?.array ?? []).enumerated() {
      Self.write(Fixture.rows(step), to: gradients, as: Element.self)
      bound.step(index + 1, learningRate: choice.base.learningRate)
      afterStep(bound, index + 1)
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
