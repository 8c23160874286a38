/// A function of the language as it is computed of plain numbers, in double precision.
public struct ScalarFunction: Sendable {
  public typealias One = @Sendable (Double) -> Double
  public typealias Two = @Sendable (Double, Double) -> Double
  public typealias Three = @Sendable (Double, Double, Double) -> Double

  /// How it is computed, by the number of its arguments.
  enum Body: Sendable {
    case one(One)
    /// The second argument, when it's left out, is a number of its own.
    case two(Two, second: Double?)
    case three(Three)
    /// Of the first two arguments, then of the result and the next, and so on.
    case fold(Two)
  }

  public let signature: FunctionSignature
  let body: Body

  init(_ name: String, aliases: [String] = [], _ one: @escaping One) {
    signature = FunctionSignature(name, aliases: aliases)
    body = .one(one)
  }

  init(_ name: String, _ arguments: [String], second: Double? = nil, _ two: @escaping Two) {
    signature = FunctionSignature(name, arguments, optional: second == nil ? 0 : 1)
    body = .two(two, second: second)
  }

  init(_ name: String, alias: String, _ arguments: [String], _ three: @escaping Three) {
    signature = FunctionSignature(name, aliases: [alias], arguments)
    body = .three(three)
  }

  init(folding name: String, _ two: @escaping Two) {
    signature = FunctionSignature(name, ["a", "b"], repeats: true)
    body = .fold(two)
  }
}
