import CGnuTLS

/// A keyed hash (RFC 2104) with SHA-256.
public enum HMAC {
  public static func sha256(key: [UInt8], _ bytes: [UInt8]) -> Digest {
    let result = [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { buffer, count in
      let status = gnutls_hmac_fast(
        GNUTLS_MAC_SHA256, key, key.count, bytes, bytes.count, buffer.baseAddress)
      precondition(status == 0, "GnuTLS can't hash with a key: \(status)")
      count = Digest.byteCount
    }
    return Digest(result)
  }
}
