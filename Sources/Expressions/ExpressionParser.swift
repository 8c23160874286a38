/// Reads tokens into a tree, by the precedence of operators.
///
/// From loose to tight: comparisons, which don't chain; `+ -`; `* /`; the minus sign; `^`, which is right
/// associative, so that `-x^2` is `-(x^2)` and `2^-x` needs no parentheses. Pratt 1973, "Top down operator
/// precedence", doi:10.1145/512927.512931.
public struct ExpressionParser {
  private let tokens: [ExpressionToken]
  private var place = 0
  private var nodes = 0
  private var depth = 0

  public static func parse(_ source: String) throws(ExpressionError) -> ExpressionNode {
    var parser = ExpressionParser(tokens: try ExpressionLexer.tokens(of: source))
    let root = try parser.expression(above: 0)
    guard parser.token.kind == .end else { throw parser.unexpected() }
    return root
  }

  private init(tokens: [ExpressionToken]) { self.tokens = tokens }

  private enum Strength {
    static let comparison = 1
    static let sum = 2
    static let product = 3
    static let sign = 4
    static let power = 5
  }

  /// The token to be read next; after the last the end stays.
  private var token: ExpressionToken { tokens[min(place, tokens.count - 1)] }

  private mutating func advance() -> ExpressionToken {
    defer { place += 1 }
    return token
  }

  private static func strength(_ symbol: ExpressionNode.Operator) -> Int {
    switch symbol {
    case .less, .lessEqual, .greater, .greaterEqual, .equal, .notEqual: Strength.comparison
    case .add, .subtract: Strength.sum
    case .multiply, .divide: Strength.product
    case .power: Strength.power
    }
  }

  private static func symbol(_ token: ExpressionToken) -> ExpressionNode.Operator? {
    guard token.kind == .symbol else { return nil }
    return token.text == "**" ? .power : ExpressionNode.Operator(rawValue: token.text)
  }

  /// As much as operators stronger than `limit` hold together.
  private mutating func expression(above limit: Int) throws(ExpressionError) -> ExpressionNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ExpressionLimits.depth else {
      throw ExpressionError(
        token, "more than \(ExpressionLimits.depth) levels of parentheses, calls, signs and powers")
    }
    var left = try operand()
    while let symbol = ExpressionParser.symbol(token) {
      let strength = ExpressionParser.strength(symbol)
      guard strength > limit else { break }
      let token = advance()
      // The right operand of a power may be a power.
      let right = try expression(above: symbol == .power ? strength - 1 : strength)
      if strength == Strength.comparison, let next = ExpressionParser.symbol(self.token),
        ExpressionParser.strength(next) == Strength.comparison
      {
        throw ExpressionError(
          self.token, "comparisons don't chain; a < b < c is (a < b) * (b < c)")
      }
      left = try node(.binary(symbol, left, right), at: token)
    }
    return left
  }

  private mutating func operand() throws(ExpressionError) -> ExpressionNode {
    let token = advance()
    switch token.kind {
    case .number(let value): return try node(.number(value), at: token)
    case .name:
      guard self.token.isSymbol("(") else { return try node(.name(token.text), at: token) }
      return try node(.call(token.text, arguments()), at: token)
    case .symbol where token.text == "-":
      return try node(.negated(expression(above: Strength.sign)), at: token)
    case .symbol where token.text == "+": return try expression(above: Strength.sign)
    case .symbol where token.text == "(":
      let inner = try expression(above: 0)
      try close(token)
      return inner
    default:
      throw ExpressionError(
        token, "expected a number, a name or a parenthesis" + (token.kind == .end ? " here" : ""))
    }
  }

  private mutating func arguments() throws(ExpressionError) -> [ExpressionNode] {
    let open = advance()
    if token.isSymbol(")") {
      place += 1
      return []
    }
    var arguments = [try expression(above: 0)]
    while token.isSymbol(",") {
      place += 1
      arguments.append(try expression(above: 0))
    }
    try close(open)
    return arguments
  }

  private mutating func close(_ open: ExpressionToken) throws(ExpressionError) {
    if token.isSymbol(")") {
      place += 1
      return
    }
    guard token.kind == .end else { throw unexpected() }
    throw ExpressionError(token, "the parenthesis of column \(open.column) isn't closed")
  }

  /// A token where an operator would go on.
  private func unexpected() -> ExpressionError {
    switch token.kind {
    case .number, .name:
      return ExpressionError(token, "expected an operator; a product is written with *")
    default:
      if token.isSymbol("(") {
        return ExpressionError(
          token, "expected an operator; a product is written with *, and only a name is called")
      }
      let detail =
        token.isSymbol(")") ? "closes no parenthesis" : "belongs between a call's arguments"
      return ExpressionError(token, detail)
    }
  }

  private mutating func node(
    _ kind: ExpressionNode.Kind, at token: ExpressionToken
  ) throws(ExpressionError) -> ExpressionNode {
    nodes += 1
    guard nodes <= ExpressionLimits.nodes else {
      throw ExpressionError(
        token, "more than \(ExpressionLimits.nodes) numbers, names, operators and calls")
    }
    return ExpressionNode(kind: kind, column: token.column)
  }
}
