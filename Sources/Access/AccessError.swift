/// Why a key can't be made.
public enum AccessError: Error, Hashable, Sendable, CustomStringConvertible {
  case tooManyKeys(Int)

  public var description: String {
    switch self {
    case .tooManyKeys(let most):
      "\(most) keys are in use, as many as may be; revoke one that isn't needed"
    }
  }
}
