import CGnuTLS

/// Random bytes that can't be guessed, from GnuTLS's generator.
public enum SecureRandom {
  /// `count` random bytes.
  ///
  /// - Precondition: the generator works; without randomness no identifier can be made.
  public static func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let status = gnutls_rnd(GNUTLS_RND_KEY, buffer.baseAddress, count)
      precondition(status == 0, "GnuTLS has no randomness: \(status)")
      initialized = count
    }
  }
}

/// Whether two byte strings are equal, in a time that depends on their length alone.
public func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return left.withUnsafeBytes { a in
    right.withUnsafeBytes { b in
      guard let a = a.baseAddress, let b = b.baseAddress else { return true }
      return gnutls_memcmp(a, b, left.count) == 0
    }
  }
}
