import Autodiff
import Expressions
import Tensors
import Testing

@testable import NeuralNetworks

/// The two readings of the language of expressions: as operations of a graph, and of plain numbers.
@Suite struct ScalarFunctionTests {
  @Test("both know the same functions, called the same way")
  func sameFunctions() {
    #expect(ScalarFunctionCatalog.all.map(\.signature) == ExpressionFunctionCatalog.all.map(\.call))
  }

  @Test("both come to the same numbers", arguments: ExpressionFunctionCatalog.all.map(\.call))
  func sameValues(function: FunctionSignature) throws {
    let points = [-2.5, -1.0, -0.3, 0, 0.2, 0.5, 1, 1.5, 3.25, 20]
    for count in function.arity.lowerBound...min(function.arity.upperBound, 3) {
      let names = ["x", "y", "z"].prefix(count)
      let source = "\(function.name)(\(names.joined(separator: ", ")))"
      let scalar = try ScalarExpression(parsing: source, variables: ["x", "y", "z"])
      let rows: [(Double, Double, Double)] =
        points.map { ($0, 0.5, 2) } + points.map { ($0, 2, 1) } + points.map { ($0, 1, 3) }
      var graph = Graph(element: .float64)
      var values: [String: Value] = [:]
      var contents: [Value: Tensor] = [:]
      for (name, column) in zip(
        ["x", "y", "z"], [rows.map(\.0), rows.map(\.1), rows.map(\.2)])
      {
        let value = graph.input(name, TensorType([rows.count], .float64))
        values[name] = value
        contents[value] = Tensor(column, shape: [rows.count])
      }
      let output = try ElementExpression(parsing: source).build(values, in: &graph)
      let spread = try graph.add(output, graph.scale(#require(values["x"]), by: 0))
      let found = try graph.evaluated([spread], with: contents)[0]
      for (row, value) in zip(rows, found) {
        let plain = [row.0, row.1, row.2].withUnsafeBufferPointer { scalar.value($0) }
        let isSame =
          plain == value || plain.isNaN && value.isNaN
          || abs(plain - value) <= 1e-12 * max(1, abs(value))
        #expect(isSame, "\(source) at \(row): \(plain), \(value)")
      }
    }
  }
}
