import Autodiff
import Expressions
import Foundation
import Tensors
import Testing

@testable import NeuralNetworks

@Suite struct ExpressionParserTests {
  struct Meaning: Sendable, CustomTestStringConvertible {
    let source: String
    let exact: @Sendable (Double) -> Double
    var testDescription: String { source }

    init(_ source: String, _ exact: @escaping @Sendable (Double) -> Double) {
      self.source = source
      self.exact = exact
    }
  }

  static let meanings: [Meaning] = [
    Meaning("2 + 3 * x") { 2 + 3 * $0 }, Meaning("(2 + 3) * x") { 5 * $0 },
    Meaning("x - 1 - 2") { $0 - 3 }, Meaning("8 / x / 2") { 4 / $0 },
    Meaning("-x^2") { -($0 * $0) }, Meaning("(-x)^2") { $0 * $0 },
    Meaning("2^3^2 * x") { 512 * $0 }, Meaning("2 ** -x") { pow(2, -$0) },
    Meaning("-x^-2") { -1 / ($0 * $0) }, Meaning("x * -3") { -3 * $0 },
    Meaning("+x - -x") { 2 * $0 }, Meaning("--x") { $0 }, Meaning("2 * -x ^ 2") { -2 * $0 * $0 },
    Meaning("(x < 1) + 2 * (x >= 1)") { $0 < 1 ? 1 : 2 },
    Meaning("x + 1 < 2 * x") { $0 + 1 < 2 * $0 ? 1 : 0 },
    Meaning(".5 * x + 1e-3 - 2. + 1E+2") { 0.5 * $0 + 98.001 },
    Meaning("\tx\n+ 1 ") { $0 + 1 }, Meaning("max(x, 1, -x)") { max($0, 1, -$0) },
    Meaning("pi * x + e") { Double.pi * $0 + M_E }, Meaning("ln(x^2)") { log($0 * $0) },
    Meaning("x^0 + x") { 1 + $0 }, Meaning("x^16 / 1e3") { pow($0, 16) / 1000 },
    Meaning("x^-3") { 1 / ($0 * $0 * $0) }, Meaning("where(x, 1, 2) * x") { $0 },
  ]

  @Test("operators have mathematics' precedence", arguments: meanings)
  func meaning(meaning: Meaning) throws {
    let points = [0.7, -1.3, 2.5, 1.0]
    var graph = Graph(element: .float64)
    let x = graph.input("x", TensorType([points.count], .float64))
    let expression = try ElementExpression(parsing: meaning.source)
    for isChain in [false, true] {
      let y =
        isChain
        ? try expression.apply("expression", to: [("x", x)], in: &graph)
        : try expression.build(["x": x], in: &graph)
      let found = try graph.evaluated([y], with: [x: Tensor(points, shape: [points.count])])[0]
      for (point, value) in zip(points, found) {
        let exact = meaning.exact(point)
        #expect(abs(value - exact) <= 1e-12 * max(1, abs(exact)), "at \(point)")
      }
    }
  }

  static let faults: [(source: String, column: Int, detail: String)] = [
    ("", 1, "the end: expected a number, a name or a parenthesis"), ("   ", 4, "the end"),
    ("x +", 4, "the end: expected a number"), ("x * * 2", 5, "\"*\": expected a number"),
    ("2x", 2, "\"x\": expected an operator; a product is written with *"),
    ("(x + 1)(x - 1)", 8, "only a name is called"), ("x x", 3, "expected an operator"),
    ("1.2.3 * x", 4, "\".3\": expected an operator"),
    ("(x + 1", 7, "the end: the parenthesis of column 1 isn't closed"),
    ("sin(x, (1 + 2)", 15, "the parenthesis of column 4 isn't closed"),
    ("x)", 2, "\")\": closes no parenthesis"), ("sin(x", 6, "isn't closed"),
    ("x, 2", 2, "\",\": belongs between a call's arguments"),
    ("sin(x,)", 7, "\")\": expected a number"), ("()", 2, "\")\": expected a number"),
    ("x $ 2", 3, "\"$\": isn't part of the language"),
    ("x × 2", 3, "\"×\": a product is written *"), ("😀é + x", 1, "\"😀\""),
    ("x = 2", 3, "a comparison is written =="), ("x % 2", 3, "a - b * floor(a / b)"),
    ("x > 0 ? x : 0", 7, "where(condition, a, b)"), ("x & 1", 3, "their product is and"),
    ("1 < x < 2", 7, "comparisons don't chain"), ("x == 1 != 0", 8, "comparisons don't chain"),
    ("1e999 * x", 1, "\"1e999\": the number is too large"), ("x ^", 4, "the end"),
    ("/x", 1, "\"/\": expected a number"), ("x . 2", 3, "\".\": isn't part"),
  ]

  @Test("what is no expression is refused with the column", arguments: faults)
  func fault(source: String, column: Int, detail: String) throws {
    let error = try #require(throws: ExpressionError.self) {
      try ElementExpression(parsing: source)
    }
    #expect(error.column == column, "\(error)")
    #expect(error.description.contains(detail), "\(error)")
  }

  @Test("the documentation has every function, as it is called")
  func documentation() throws {
    let page = URL(filePath: #filePath).appending(path: "../../../docs/expressions.md").standardized
    let text = try String(contentsOf: page, encoding: .utf8)
    for function in ExpressionFunctionCatalog.all {
      #expect(text.contains("| `\(function.signature)` |"), "\(function.signature)")
      for alias in function.aliases { #expect(text.contains("`\(alias)`"), "\(alias)") }
    }
  }

  @Test("length, depth and number of nodes have limits")
  func limits() throws {
    func refused(_ source: String, _ detail: String) {
      do throws(ExpressionError) {
        _ = try ElementExpression(parsing: source)
        Issue.record("\(source.prefix(20)) was accepted")
      } catch {
        #expect(error.detail.contains(detail), "\(error)")
      }
    }
    func nested(_ depth: Int) -> String {
      String(repeating: "(", count: depth) + "x" + String(repeating: ")", count: depth)
    }
    _ = try ElementExpression(parsing: nested(31))
    refused(nested(32), "more than 32 levels")
    refused(nested(900), "more than 32 levels")
    refused(String(repeating: "-", count: 1_900) + "x", "more than 32 levels")
    refused(String(repeating: "sin(", count: 400), "more than 32 levels")
    refused("x" + String(repeating: "^x", count: 800), "more than 32 levels")
    _ = try ElementExpression(parsing: "x" + String(repeating: "+x", count: 127))
    refused("x" + String(repeating: "+x", count: 128), "more than 256 numbers")
    refused(String(repeating: " ", count: 2_000) + "x", "has 2001 bytes; at most 2000")
    refused("x + " + String(repeating: "ö", count: 1_000), "bytes; at most 2000")
  }
}
