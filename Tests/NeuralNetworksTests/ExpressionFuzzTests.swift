import Expressions
import JSON
import Tensors
import Testing

@testable import NeuralNetworks

/// Thousands of texts that nobody wrote: each is a tree or an error with a place, and nothing traps.
@Suite struct ExpressionFuzzTests {
  private static let seed: UInt64 = 20_261_125
  private static let valid = [
    "x * tanh(softplus(x))", "0.5 * x * (1 + erf(x / sqrt(2)))", "where(x > 0, x, a * expm1(x))",
    "-x^2 + 2^-x - clip(x, -1.5, b) * 1e-3", "max(x, 0, min(a, x)) / (pi + e^x)",
    "leaky_relu(x, 0.3) - (x >= 1) * x != 2",
  ]
  private static let pieces =
    [
      "x", "a", "b", "pi", "0", "1.5", "1e9", ".", "e", "(", ")", ",", "+", "-", "*", "/", "^",
      "**", "<", "<=", "==", "!=", "=", "!", " ", "\t", "\n", "é", "😀", "\u{301}", "\u{0}",
      "\u{200d}",
      "9999999999999999999999", "_", "\"", "\\", "1e-400", "-x^-x^", "((((", "where(", "x,x",
    ] + ExpressionFunctionCatalog.names

  private func texts(_ count: Int, purpose: String) -> [String] {
    var generator = Philox(seed: Self.seed, purpose: purpose).generator()
    func next(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    return (0..<count).map { index in
      if index % 2 == 0 {
        return (0..<next(40)).map { _ in Self.pieces[next(Self.pieces.count)] }.joined()
      }
      var characters = Array(Self.valid[next(Self.valid.count)])
      for _ in 0...next(4) where !characters.isEmpty {
        let place = next(characters.count)
        switch next(4) {
        case 0: characters.remove(at: place)
        case 1: characters.insert(contentsOf: Self.pieces[next(Self.pieces.count)], at: place)
        case 2: characters.swapAt(place, next(characters.count))
        default: characters.append(contentsOf: characters[place...])
        }
      }
      return String(characters)
    }
  }

  @Test("the parser answers with a tree or with a column of the text")
  func parser() {
    var trees = 0
    for text in texts(20_000, purpose: "parser") {
      do throws(ExpressionError) {
        let expression = try ElementExpression(parsing: text)
        trees += 1
        #expect(expression.operations < ExpressionLimits.nodes)
      } catch {
        #expect(error.column >= 1 && !error.detail.isEmpty)
        #expect(
          error.column <= text.count + 1 || text.utf8.count > ExpressionLimits.length,
          "\(error) of \(text.debugDescription)")
      }
    }
    #expect(trees > 1_000, "seed \(Self.seed)")
  }

  @Test("the whole reading ends in an activation that can be built, or in faults with pointers")
  func reader() throws {
    var read = 0
    for text in texts(1_500, purpose: "reader") {
      let names = (try? ElementExpression(parsing: text))?.names ?? []
      var object = JSONObject([("expression", .string(text))])
      if names.contains("a") { object["constants"] = ["a": 0.3] }
      if names.contains("b") { object["parameters"] = ["b": 1] }
      let json = JSON.object(object)
      do throws(Faults) {
        let activation = try Activation(json, pointer: "/activation")
        read += 1
        #expect(try Activation(activation.json, pointer: "") == activation)
      } catch {
        #expect(!error.isEmpty)
        #expect(error.all.allSatisfy { $0.pointer.hasPrefix("/activation") })
      }
    }
    #expect(read > 5, "seed \(Self.seed)")
  }
}
