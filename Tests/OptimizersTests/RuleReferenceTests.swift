import JSON
import Optimizers
import Testing

/// Other rules and treatments against PyTorch or the papers' pseudo-code: `Fixtures/make_rules.py` writes what is expected.
@Suite struct RuleReferenceTests {
  static let fixture = Fixture.json("rules.json")
  static let cases = (fixture["cases"]?.array ?? []).map(OptimizerReferenceTests.Case.init)

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 30) }

  @Test("50 steps in float64 are the reference's to 1e-12", arguments: cases, [1, 2])
  func doublePrecision(expected: OptimizerReferenceTests.Case, threads: Int) throws {
    try OptimizerReferenceTests.check(
      expected, of: Self.fixture, Double.self, tolerance: 1e-12, threads: threads)
  }

  @Test("50 steps in float32 are the reference's to 2e-6", arguments: cases, [1, 2])
  func singlePrecision(expected: OptimizerReferenceTests.Case, threads: Int) throws {
    try OptimizerReferenceTests.check(
      expected, of: Self.fixture, Float.self, tolerance: 2e-6, threads: threads)
  }
}
