/// Something in a data folder that isn't as it should be.
public struct StoreFault: Hashable, Sendable, CustomStringConvertible {
  /// What was wrong where.
  public let place: String
  public let fault: String
  /// What would be right, or how it becomes right.
  public let remedy: String
  /// What puts it right and loses nothing; `nil` where only a backup helps.
  let repair: StoreRepair?

  init(_ place: String, _ fault: String, remedy: String, repair: StoreRepair? = nil) {
    self.place = place
    self.fault = fault
    self.remedy = remedy
    self.repair = repair
  }

  public var isRepairable: Bool { repair != nil }

  public var description: String {
    "\(place): \(fault); \(remedy)\(isRepairable ? " (--repair does so)" : "")"
  }

  static let restoring = "restore a backup"
}
