import Expressions
import Foundation
import Testing

@Suite struct ScalarExpressionTests {
  struct Meaning: Sendable, CustomTestStringConvertible {
    let source: String
    let exact: @Sendable (Double, Double) -> Double
    var testDescription: String { source }

    init(_ source: String, _ exact: @escaping @Sendable (Double, Double) -> Double) {
      self.source = source
      self.exact = exact
    }
  }

  static let meanings: [Meaning] = [
    Meaning("2 + 3 * x") { x, _ in 2 + 3 * x }, Meaning("-x^2") { x, _ in -(x * x) },
    Meaning("2^3^2 * x") { x, _ in 512 * x }, Meaning("8 / x / y") { 8 / $0 / $1 },
    Meaning("(x < y) + 2 * (x >= y)") { $0 < $1 ? 1 : 2 },
    Meaning("where(x > 1, y, -y)") { $0 > 1 ? $1 : -$1 },
    Meaning("max(x, y, 1, -x)") { max($0, $1, 1, -$0) },
    Meaning("min(x, y, 1)") { min($0, $1, 1) },
    Meaning("clip(x, 0, 1)") { x, _ in min(max(x, 0), 1) },
    Meaning("pi * x + e + c") { x, _ in Double.pi * x + M_E + 0.25 },
    Meaning("pow(abs(x), y)") { pow(abs($0), $1) },
    Meaning("floor(x) + ceil(y)") { floor($0) + ceil($1) },
    Meaning("round(2.5) + round(3.5) + x") { x, _ in 6 + x },
    Meaning("leaky_relu(-2) + leaky_relu(-2, 0.5) + x") { x, _ in -1.02 + x },
    Meaning("x / 0") { x, _ in x / 0 },
  ]

  @Test("operators, names and calls mean what mathematics says", arguments: meanings)
  func meaning(meaning: Meaning) throws {
    let expression = try ScalarExpression(
      parsing: meaning.source, variables: ["x", "y"], constants: ["c": 0.25])
    for (x, y) in [(0.7, 2.0), (-1.3, 0.5), (2.5, 1.0), (1.0, 1.0)] {
      let found = [x, y].withUnsafeBufferPointer { expression.value($0) }
      let exact = meaning.exact(x, y)
      #expect(found == exact || abs(found - exact) <= 1e-14 * max(1, abs(exact)), "at \(x), \(y)")
    }
  }

  @Test("a number that is none stays one through min and max")
  func propagatesNaN() throws {
    for source in ["max(x, 0)", "min(0, x)", "clip(x, 0, 1)", "relu(x)"] {
      let expression = try ScalarExpression(parsing: source, variables: ["x"])
      #expect([Double.nan].withUnsafeBufferPointer { expression.value($0) }.isNaN, "\(source)")
    }
  }

  @Test("what is unknown or called wrongly stands at its column, every one of them")
  func faults() throws {
    do throws(ExpressionErrors) {
      _ = try ScalarExpression(parsing: "stp + cosine(1) + where(1)", variables: ["step"])
      Issue.record("accepted")
    } catch {
      #expect(error.all.map(\.column) == [1, 7, 19])
      #expect(error.all[0].description.contains("did you mean \"step\"?"))
    }
    do throws(ExpressionErrors) {
      _ = try ScalarExpression(parsing: "step *", variables: ["step"])
      Issue.record("accepted")
    } catch {
      #expect(error.all.map(\.column) == [7])
    }
  }
}
