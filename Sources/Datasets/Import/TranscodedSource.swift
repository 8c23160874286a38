import Foundation

/// How the characters of a text file are written.
public enum TextEncoding: String, Hashable, Sendable, CaseIterable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case latin1 = "latin-1"
  case windows1252 = "windows-1252"

  /// As the system's converter calls it.
  fileprivate var name: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16: "UTF-16"
    case .latin1: "ISO-8859-1"
    case .windows1252: "WINDOWS-1252"
    }
  }
}

/// The bytes of a text as UTF-8, converted by the system's `iconv`.
final class TranscodedSource: ByteSource {
  private let source: any ByteSource
  private let encoding: TextEncoding
  private let converter: iconv_t
  /// What was read and isn't converted yet, from its beginning on.
  private let raw = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 16)
  private var left = 0
  private var taken = 0
  private var isLast = false
  private let converted = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 18)
  private var ready = 0..<0

  init(_ source: any ByteSource, _ encoding: TextEncoding) throws(DatasetError) {
    self.source = source
    self.encoding = encoding
    guard let opened = iconv_open("UTF-8", encoding.name), Int(bitPattern: opened) != -1 else {
      throw DatasetError(.unsupported, "this system can't read \(encoding.rawValue)")
    }
    converter = opened
  }

  deinit {
    iconv_close(converter)
    raw.deallocate()
    converted.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    if ready.isEmpty, try !convert() { return 0 }
    let count = min(buffer.count, ready.count)
    let part = UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: converted[ready]))
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: part[..<count]))
    ready = ready.lowerBound + count..<ready.upperBound
    return count
  }

  /// Converts what comes next; false at the end.
  private func convert() throws(DatasetError) -> Bool {
    while true {
      if !isLast {
        let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: raw[left...]))
        let count = try source.read(into: rest)
        left += count
        isLast = count == 0
      }
      if left == 0 { return false }
      var (input, output) = (raw.baseAddress, converted.baseAddress)
      var (inputLeft, outputLeft) = (left, converted.count)
      let failed = iconv(converter, &input, &inputLeft, &output, &outputLeft) == -1
      let reason = errno
      taken += left - inputLeft
      if let input { raw.baseAddress?.update(from: input, count: inputLeft) }
      left = inputLeft
      ready = 0..<converted.count - outputLeft
      if !ready.isEmpty { return true }
      if failed, reason == EILSEQ || isLast {
        throw DatasetError(
          .malformed, "these bytes are no character of \(encoding.rawValue); say another encoding=",
          byte: taken)
      }
    }
  }
}
