/// What is wrong with an expression, and where.
public struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The column of the first character that is at fault, counted from 1.
  public let column: Int
  /// What stands there; empty at the end.
  public let found: String
  public let detail: String

  public init(_ token: ExpressionToken, _ detail: String) {
    self.init(column: token.column, found: token.text, detail)
  }

  public init(column: Int, found: String, _ detail: String) {
    self.column = column
    self.found = found
    self.detail = detail
  }

  /// `column 5, "*": expected a value`.
  public var description: String {
    let place = found.isEmpty ? "the end" : "\"\(found.prefix(40))\""
    return "column \(column), \(place): \(detail)"
  }
}
