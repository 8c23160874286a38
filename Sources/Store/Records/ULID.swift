import Digests
import Foundation
import Synchronization

/// Universally unique identifiers that sort by creation: 48 bits of milliseconds, 80 of chance.
///
/// Within a millisecond the number grows by one, so that ids made by one process never go back.
enum ULID {
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  private static let last = Mutex<[UInt8]>(Array(repeating: 0, count: 16))

  static func next(milliseconds: UInt64 = UInt64(Date().timeIntervalSince1970 * 1000)) -> String {
    let bytes = last.withLock { last in
      var fresh = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64($0))) }
      fresh += SecureRandom.bytes(10)
      // The clock stood still or went back: go on from the id before.
      if !last[..<6].lexicographicallyPrecedes(fresh[..<6]) {
        fresh = last
        for index in fresh.indices.reversed() {
          fresh[index] &+= 1
          if fresh[index] != 0 { break }
        }
      }
      last = fresh
      return fresh
    }
    return encoded(bytes)
  }

  /// Has every id that is still to be made come after one, also when the clock was set back since that was made.
  static func go(after text: some StringProtocol) {
    guard isValid(text) else { return }
    let bytes = decoded(text)
    last.withLock { last in
      if last.lexicographicallyPrecedes(bytes) { last = bytes }
    }
  }

  static func isValid(_ text: some StringProtocol) -> Bool {
    let characters = Array(text.utf8)
    return characters.count == 26 && characters[0] <= UInt8(ascii: "7")
      && characters.allSatisfy { alphabet.contains($0) }
  }

  private static func decoded(_ text: some StringProtocol) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16)
    for character in text.utf8 {
      var carry = UInt16(alphabet.firstIndex(of: character) ?? 0)
      for place in bytes.indices.reversed() {
        carry += UInt16(bytes[place]) << 5
        bytes[place] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
    }
    return bytes
  }

  /// Crockford's base 32, five bits a character, from the lowest up.
  private static func encoded(_ bytes: [UInt8]) -> String {
    var characters = [UInt8](repeating: 0, count: 26)
    var buffer: UInt32 = 0
    var bits = 0
    var place = 25
    for byte in bytes.reversed() {
      buffer |= UInt32(byte) << UInt32(bits)
      bits += 8
      while bits >= 5 {
        characters[place] = alphabet[Int(buffer & 31)]
        place -= 1
        buffer >>= 5
        bits -= 5
      }
    }
    characters[0] = alphabet[Int(buffer & 31)]
    return String(decoding: characters, as: UTF8.self)
  }
}
