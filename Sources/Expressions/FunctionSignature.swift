/// How a function of the language is called.
public struct FunctionSignature: Hashable, Sendable {
  public let name: String
  public let aliases: [String]
  /// The arguments' names, for messages: `x, low, high`.
  public let arguments: [String]
  /// How many may be left out at the end.
  public let optional: Int
  /// Whether the last argument may be repeated.
  public let repeats: Bool

  public init(
    _ name: String, aliases: [String] = [], _ arguments: [String] = ["x"], optional: Int = 0,
    repeats: Bool = false
  ) {
    self.name = name
    self.aliases = aliases
    self.arguments = arguments
    self.optional = optional
    self.repeats = repeats
  }

  /// How many arguments a call may have.
  public var arity: ClosedRange<Int> {
    arguments.count - optional...(repeats ? ExpressionLimits.nodes : arguments.count)
  }

  /// `clip(x, low, high)`.
  public var text: String {
    "\(name)(\(arguments.joined(separator: ", "))\(repeats ? ", …" : ""))"
  }
}
