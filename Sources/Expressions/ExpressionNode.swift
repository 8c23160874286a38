/// An expression as a tree.
public struct ExpressionNode: Hashable, Sendable {
  public enum Operator: String, Hashable, Sendable, CaseIterable {
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

  public indirect enum Kind: Hashable, Sendable {
    case number(Double)
    case name(String)
    case negated(ExpressionNode)
    case binary(Operator, ExpressionNode, ExpressionNode)
    case call(String, [ExpressionNode])
  }

  public let kind: Kind
  /// Where the number, name or operator stands, counted from 1.
  public let column: Int

  public init(kind: Kind, column: Int) {
    self.kind = kind
    self.column = column
  }

  /// Operators and calls: floating-point operations an element, counting a function as one.
  public var operations: Int {
    switch kind {
    case .number, .name: 0
    case .negated(let operand): 1 + operand.operations
    case .binary(_, let left, let right): 1 + left.operations + right.operations
    case .call(_, let arguments): arguments.reduce(1) { $0 + $1.operations }
    }
  }

  /// Calls `body` with this node and all below it, in the order of the text.
  public func forEach(_ body: (ExpressionNode) -> Void) {
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
