/// What one transaction of housekeeping may still touch, so that whoever writes next doesn't wait long.
struct Slice {
  /// Rows that a transaction deletes at most.
  static let rows = 1_000
  /// Bytes of BLOBs after which it deletes no further row.
  static let bytes = 1 << 20

  private(set) var rows = Slice.rows
  private(set) var bytes = Slice.bytes

  var isUsedUp: Bool { rows <= 0 || bytes <= 0 }

  /// Whether a row still belongs to this transaction; then it is counted.
  mutating func takes(bytes: Int = 0) -> Bool {
    guard !isUsedUp else { return false }
    rows -= 1
    self.bytes -= bytes
    return true
  }
}
