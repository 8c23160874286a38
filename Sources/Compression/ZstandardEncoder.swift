import CZstd

/// Compresses to Zstandard with its own library. One task at a time may use it.
final class ZstandardEncoder: ContentEncoder, @unchecked Sendable {
  private static let level: Int32 = 3

  private let context: OpaquePointer

  init() {
    guard let context = ZSTD_createCCtx() else {
      preconditionFailure("there is no memory to compress with")
    }
    self.context = context
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
    // RFC 9659: readers need take no window beyond 8 MiB; less keeps each stream small.
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 20)
  }

  deinit { ZSTD_freeCCtx(context) }

  func encode(_ bytes: [UInt8], _ part: ContentPart) -> [UInt8] {
    let mode =
      switch part {
      case .more: ZSTD_e_continue
      case .flush: ZSTD_e_flush
      case .end: ZSTD_e_end
      }
    var result: [UInt8] = []
    bytes.withUnsafeBytes { source in
      var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      var isDone = false
      while !isDone {
        let piece = [UInt8](unsafeUninitializedCapacity: ZSTD_CStreamOutSize()) { target, count in
          var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let left = ZSTD_compressStream2(context, &output, &input, mode)
          precondition(ZSTD_isError(left) == 0, "Zstandard can't go on: \(left)")
          count = output.pos
          isDone = mode == ZSTD_e_continue ? input.pos == input.size : left == 0
        }
        result += piece
      }
    }
    return result
  }
}
