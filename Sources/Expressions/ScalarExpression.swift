import Foundation

/// An expression of plain numbers, read once and computed often.
///
/// Computing it allocates nothing. What a part comes to is as in IEEE 754 arithmetic: a division by 0 is an infinity.
public struct ScalarExpression: Sendable {
  public let source: String
  private let root: Part
  /// The names in the text that are neither functions nor numbers of the language.
  public let names: Set<String>

  private indirect enum Part: Sendable {
    case number(Double)
    case variable(Int)
    case one(ScalarFunction.One, Part)
    case two(ScalarFunction.Two, Part, Part)
    case three(ScalarFunction.Three, Part, Part, Part)
  }

  /// - Parameters:
  ///   - variables: the names that stand for what `value(_:)` is given, in that order.
  ///   - constants: numbers by name.
  /// - Throws: `ExpressionErrors` with all that is wrong and where.
  public init(
    parsing source: String, variables: [String], constants: [String: Double] = [:]
  ) throws(ExpressionErrors) {
    let tree: ExpressionNode
    do throws(ExpressionError) {
      tree = try ExpressionParser.parse(source)
    } catch {
      throw ExpressionErrors(all: [error])
    }
    let known = variables + constants.keys.sorted() + ExpressionChecker.numbers.keys.sorted()
    let errors = ExpressionChecker(
      names: known, functions: ScalarFunctionCatalog.all.map(\.signature)
    ).errors(in: tree)
    guard errors.isEmpty else { throw ExpressionErrors(all: errors) }
    self.source = source
    var names: Set<String> = []
    tree.forEach { node in
      if case .name(let name) = node.kind { names.insert(name) }
    }
    self.names = names
    root = Self.part(
      tree, variables: variables,
      numbers: ExpressionChecker.numbers.merging(constants) { _, own in own })
  }

  /// What the expression comes to, the variables in their order.
  public func value(_ variables: UnsafeBufferPointer<Double>) -> Double {
    Self.value(of: root, variables)
  }

  /// - Precondition: the tree was checked.
  private static func part(
    _ node: ExpressionNode, variables: [String], numbers: [String: Double]
  ) -> Part {
    func part(_ node: ExpressionNode) -> Part {
      Self.part(node, variables: variables, numbers: numbers)
    }
    switch node.kind {
    case .number(let number): return .number(number)
    case .name(let name):
      return variables.firstIndex(of: name).map { .variable($0) } ?? .number(numbers[name] ?? .nan)
    case .negated(let operand): return .one({ -$0 }, part(operand))
    case .binary(let symbol, let left, let right):
      return .two(function(symbol), part(left), part(right))
    case .call(let name, let nodes):
      let arguments = nodes.map(part)
      switch ScalarFunctionCatalog.byName[name]?.body {
      case .one(let one): return .one(one, arguments[0])
      case .two(let two, let second):
        return .two(two, arguments[0], arguments.count > 1 ? arguments[1] : .number(second ?? .nan))
      case .three(let three): return .three(three, arguments[0], arguments[1], arguments[2])
      case .fold(let two):
        return arguments.dropFirst().reduce(arguments[0]) { .two(two, $0, $1) }
      case nil: return .number(.nan)
      }
    }
  }

  private static func function(_ symbol: ExpressionNode.Operator) -> ScalarFunction.Two {
    switch symbol {
    case .add: { $0 + $1 }
    case .subtract: { $0 - $1 }
    case .multiply: { $0 * $1 }
    case .divide: { $0 / $1 }
    case .power: { pow($0, $1) }
    case .less: { $0 < $1 ? 1 : 0 }
    case .lessEqual: { $0 <= $1 ? 1 : 0 }
    case .greater: { $0 > $1 ? 1 : 0 }
    case .greaterEqual: { $0 >= $1 ? 1 : 0 }
    case .equal: { $0 == $1 ? 1 : 0 }
    case .notEqual: { $0 != $1 ? 1 : 0 }
    }
  }

  private static func value(
    of part: Part, _ variables: UnsafeBufferPointer<Double>
  ) -> Double {
    switch part {
    case .number(let number): number
    case .variable(let index): variables[index]
    case .one(let function, let a): function(value(of: a, variables))
    case .two(let function, let a, let b):
      function(value(of: a, variables), value(of: b, variables))
    case .three(let function, let a, let b, let c):
      function(value(of: a, variables), value(of: b, variables), value(of: c, variables))
    }
  }
}

/// All that is wrong with an expression, in the order of the text.
public struct ExpressionErrors: Error, Hashable, Sendable {
  public let all: [ExpressionError]
}
