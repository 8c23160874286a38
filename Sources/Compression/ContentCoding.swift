/// How content may be coded on its way (RFC 9110, section 8.4.1).
public enum ContentCoding: String, Sendable, CaseIterable {
  /// RFC 8878; the better of the two at the same speed.
  case zstd
  /// RFC 1952.
  case gzip

  /// Compresses bytes that come piece by piece.
  public func makeEncoder() -> any ContentEncoder {
    switch self {
    case .zstd: ZstandardEncoder()
    case .gzip: GzipEncoder()
    }
  }

  /// The bytes compressed as a whole.
  public func encoded(_ bytes: [UInt8]) -> [UInt8] {
    let encoder = makeEncoder()
    return encoder.encode(bytes, .end)
  }
}

/// Compresses bytes that come piece by piece, for one task at a time.
public protocol ContentEncoder: AnyObject, Sendable {
  /// Takes bytes, and answers what is ready to be sent.
  func encode(_ bytes: [UInt8], _ part: ContentPart) -> [UInt8]
}

/// What comes after a piece of content.
public enum ContentPart: Sendable {
  /// More, at some time.
  case more
  /// More, but the reader is to have all of this now.
  case flush
  /// Nothing.
  case end
}
