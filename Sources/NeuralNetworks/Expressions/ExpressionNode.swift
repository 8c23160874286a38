/// An expression as a tree.
struct ExpressionNode: Hashable, Sendable {
  enum Operator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case power = "^"
    case less = "<"
    case lessEqual = "<="
    case greater = ">"
    case greaterEqual = ">="
    case equal = "=="
    case notEqual = "!="
  }

  indirect enum Kind: Hashable, Sendable {
    case number(Double)
    case name(String)
    case negated(ExpressionNode)
    case binary(Operator, ExpressionNode, ExpressionNode)
    case call(String, [ExpressionNode])
  }

  let kind: Kind
  /// Where the number, name or operator stands, counted from 1.
  let column: Int

  /// Operators and calls: floating-point operations an element, counting a function as one.
  var operations: Int {
    switch kind {
    case .number, .name: 0
    case .negated(let operand): 1 + operand.operations
    case .binary(_, let left, let right): 1 + left.operations + right.operations
    case .call(_, let arguments): arguments.reduce(1) { $0 + $1.operations }
    }
  }

  /// Calls `body` with this node and all below it, in the order of the text.
  func forEach(_ body: (ExpressionNode) -> Void) {
    switch kind {
    case .number, .name: body(self)
    case .negated(let operand):
      body(self)
      operand.forEach(body)
    case .binary(_, let left, let right):
      left.forEach(body)
      body(self)
      right.forEach(body)
    case .call(_, let arguments):
      body(self)
      for argument in arguments { argument.forEach(body) }
    }
  }
}
