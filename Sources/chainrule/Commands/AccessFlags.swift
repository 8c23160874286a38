import JSON

/// The flags of `chainrule serve` that say who may use it.
struct AccessFlags: Sendable {
  let isKeyRequired: Bool

  static let fields = [authField]

  private static let authField = Field(
    "auth", .choice(["keys", "none"]),
    "Whether requests need a key; on loopback without a proxy none is needed by default, elsewhere always one."
  )
  /// - Parameters:
  ///   - isLoopback: whether only this machine reaches the server's own address.
  ///   - isBehindProxy: whether others reach it through one.
  init(_ reader: inout ObjectReader, isLoopback: Bool, isBehindProxy: Bool) {
    let asked = reader.string(Self.authField.name, in: ["keys", "none"])
    isKeyRequired = asked.map { $0 == "keys" } ?? (!isLoopback || isBehindProxy)
    if !isKeyRequired, !isLoopback {
      reader.fault(Self.authField.name, "none is possible on loopback only")
    }
  }
}
