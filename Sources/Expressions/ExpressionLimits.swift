/// What no expression may exceed, so that reading and compiling one stays a matter of microseconds.
public enum ExpressionLimits {
  /// Bytes of the text.
  public static let length = 2_000
  /// Numbers, names, operators and calls together.
  public static let nodes = 256
  /// Parentheses, calls, signs and powers within each other.
  public static let depth = 32
  /// Named constants.
  public static let constants = 32
  /// Learned parameters.
  public static let parameters = 8
  /// Characters of a constant's or parameter's name.
  public static let name = 32
  /// The size of numbers: what a float holds, with room to calculate.
  public static let number = 1e30
}
