import JSON

/// Finds the names that an expression doesn't know, and calls with the wrong number of arguments.
public struct ExpressionChecker {
  /// Every name that stands for a number or a tensor.
  public let names: [String]
  /// What may be called.
  public let functions: [FunctionSignature]

  public init(names: [String], functions: [FunctionSignature]) {
    self.names = names
    self.functions = functions
  }

  public static let numbers: [String: Double] = ["pi": .pi, "e": 2.718281828459045]

  /// All faults, in the order of the text.
  public func errors(in root: ExpressionNode) -> [ExpressionError] {
    var errors: [ExpressionError] = []
    root.forEach { node in
      switch node.kind {
      case .name(let name): if let error = unknown(name, at: node.column) { errors.append(error) }
      case .call(let name, let arguments):
        if let error = called(name, arguments.count, at: node.column) { errors.append(error) }
      case .number, .negated, .binary: break
      }
    }
    return errors
  }

  private func function(_ name: String) -> FunctionSignature? {
    functions.first { $0.name == name || $0.aliases.contains(name) }
  }

  private var functionNames: [String] { functions.flatMap { [$0.name] + $0.aliases } }

  private func unknown(_ name: String, at column: Int) -> ExpressionError? {
    if names.contains(name) { return nil }
    if let function = function(name) {
      return ExpressionError(
        column: column, found: name, "is a function, which is called: \(function.text)")
    }
    let hint = nearest(name, among: names)
    let other = hint.isEmpty ? nearest(name, among: functionNames) : hint
    return ExpressionError(
      column: column, found: name,
      "the name is unknown\(other); known here: \(names.joined(separator: ", "))")
  }

  private func called(_ name: String, _ count: Int, at column: Int) -> ExpressionError? {
    guard let function = function(name) else {
      if names.contains(name) {
        return ExpressionError(
          column: column, found: name, "is no function; a product is written \(name) * (…)")
      }
      return ExpressionError(
        column: column, found: name,
        "the function is unknown\(nearest(name, among: functionNames)); "
          + "one of: \(functions.map(\.name).joined(separator: ", "))")
    }
    guard !function.arity.contains(count) else { return nil }
    let (least, most) = (function.arity.lowerBound, function.arity.upperBound)
    let wanted =
      function.repeats
      ? "\(least) arguments or more"
      : least == most ? ExpressionChecker.words(least) : "\(least) or \(most) arguments"
    return ExpressionError(
      column: column, found: name,
      "takes \(wanted), found \(count): \(function.text)")
  }

  private static func words(_ count: Int) -> String {
    "\(count) argument\(count == 1 ? "" : "s")"
  }
}
