import CZlib

/// Compresses to gzip with zlib. One task at a time may use it.
final class GzipEncoder: ContentEncoder, @unchecked Sendable {
  /// Of 1 to 9; beyond it JSON gets little smaller and much slower.
  private static let level: Int32 = 5
  private static let stretch = 32 << 10

  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = chainrule_gzip_begin(stream, Self.level)
    precondition(status == Z_OK, "zlib can't begin: \(status)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func encode(_ bytes: [UInt8], _ part: ContentPart) -> [UInt8] {
    let mode =
      switch part {
      case .more: Z_NO_FLUSH
      case .flush: Z_SYNC_FLUSH
      case .end: Z_FINISH
      }
    var bytes = bytes
    var result: [UInt8] = []
    bytes.withUnsafeMutableBufferPointer { input in
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(input.count)
      var isFull = true
      while isFull {
        let piece = [UInt8](unsafeUninitializedCapacity: Self.stretch) { output, count in
          stream.pointee.next_out = output.baseAddress
          stream.pointee.avail_out = UInt32(Self.stretch)
          deflate(stream, mode)
          count = Self.stretch - Int(stream.pointee.avail_out)
        }
        isFull = piece.count == Self.stretch
        result += piece
      }
    }
    return result
  }
}
