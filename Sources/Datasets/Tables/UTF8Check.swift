/// Checks UTF-8 byte by byte, by table 3-7 of the Unicode standard.
struct UTF8Check {
  /// How many bytes of the current character are still to come.
  private(set) var remaining = 0
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// Takes the next byte; answers false when no character can go on so.
  mutating func take(_ byte: UInt8) -> Bool {
    if remaining > 0 {
      guard byte >= lowest, byte <= highest else { return false }
      remaining -= 1
      (lowest, highest) = (0x80, 0xBF)
      return true
    }
    switch byte {
    case 0..<0x80: return true
    case 0xC2...0xDF: remaining = 1
    case 0xE0: (remaining, lowest) = (2, 0xA0)
    case 0xED: (remaining, highest) = (2, 0x9F)
    case 0xE1...0xEF: remaining = 2
    case 0xF0: (remaining, lowest) = (3, 0x90)
    case 0xF4: (remaining, highest) = (3, 0x8F)
    case 0xF1...0xF3: remaining = 3
    default: return false
    }
    return true
  }
}
