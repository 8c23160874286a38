/// The lines of a text, one at a time, without their ends.
final class LineReader {
  private let source: any ByteSource
  private let longest: Int
  private let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
  private var position = 0
  private var available = 0
  private var line: [UInt8] = []
  /// The line's number, counted from 1.
  private(set) var number = 0

  /// - Parameter longest: bytes of a line at most.
  init(_ source: any ByteSource, longest: Int) {
    self.source = source
    self.longest = longest
  }

  deinit { chunk.deallocate() }

  /// The next line that isn't blank; `nil` after the last one.
  func next() throws(DatasetError) -> [UInt8]? {
    while true {
      line.removeAll(keepingCapacity: true)
      number += 1
      guard try read() else { return nil }
      if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t")]
      if !line.allSatisfy(blanks.contains) { return line }
    }
  }

  /// Reads up to the next line feed; false when there's nothing left.
  private func read() throws(DatasetError) -> Bool {
    while true {
      if position == available {
        position = 0
        available = try source.fill(UnsafeMutableRawBufferPointer(chunk))
        if available == 0 { return !line.isEmpty }
      }
      let rest = chunk[position..<available]
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      line.append(contentsOf: rest[..<(end ?? available)])
      position = end.map { $0 + 1 } ?? available
      guard line.count <= longest else {
        throw DatasetError(
          .limitExceeded, "a line of more than \(longest) bytes; break it up", row: number)
      }
      if end != nil { return true }
    }
  }
}
