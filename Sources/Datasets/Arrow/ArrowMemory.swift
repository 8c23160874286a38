import CLZ4
import CZstd

/// The bytes of a batch: those of the file where they lie, and those that were decompressed.
final class ArrowMemory {
  /// How a batch's buffers are compressed.
  enum Codec: Int8 {
    case lz4 = 0
    case zstandard
  }

  /// Bytes that may still be decompressed, of one batch or of several.
  final class Budget {
    fileprivate var left: Int

    init(_ bytes: Int) { left = bytes }
  }

  private let file: MappedFile
  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private let budgets: [Budget]

  /// - Parameter budgets: each must have room for what is decompressed.
  init(_ file: MappedFile, _ budgets: [Budget]) { (self.file, self.budgets) = (file, budgets) }

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// A buffer as it was before it was compressed: its length in eight bytes, -1 for one that isn't, stands before it.
  ///
  /// - Returns: `nil` for a buffer that is damaged.
  /// - Throws: `DatasetError` for more than a batch may hold.
  func decompressed(
    _ buffer: UnsafeRawBufferPointer, _ codec: Codec
  ) throws(DatasetError) -> UnsafeRawBufferPointer? {
    if buffer.isEmpty { return buffer }
    guard buffer.count >= 8 else { return nil }
    let count = Int64(littleEndian: buffer.loadUnaligned(as: Int64.self))
    let content = UnsafeRawBufferPointer(rebasing: buffer[8...])
    if count == -1 { return content }
    guard count >= 0 else { return nil }
    guard budgets.allSatisfy({ count <= $0.left }) else {
      throw DatasetError(
        .limitExceeded,
        "a batch of rows, or all of them, become too large; write batches of fewer rows, or without compression"
      )
    }
    for budget in budgets { budget.left -= Int(count) }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, Int(count)), alignment: 64)
    blocks.append(block)
    let isWhole =
      codec == .lz4
      ? Self.unpackLZ4(content, into: block, count: Int(count))
      : ZSTD_decompress(block.baseAddress, Int(count), content.baseAddress, content.count)
        == Int(count)
    return isWhole ? UnsafeRawBufferPointer(rebasing: block[..<Int(count)]) : nil
  }

  private static func unpackLZ4(
    _ content: UnsafeRawBufferPointer, into block: UnsafeMutableRawBufferPointer, count: Int
  ) -> Bool {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0 else {
      return false
    }
    defer { LZ4F_freeDecompressionContext(context) }
    var (read, written) = (0, 0)
    while true {
      var (source, room) = (content.count - read, count - written)
      guard let from = content.baseAddress, let to = block.baseAddress else { return false }
      let hint = LZ4F_decompress(context, to + written, &room, from + read, &source, nil)
      if LZ4F_isError(hint) != 0 { return false }
      read += source
      written += room
      if hint == 0 { return written == count }
      if source == 0, room == 0 { return false }
    }
  }
}
