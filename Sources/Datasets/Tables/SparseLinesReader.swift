import CTables

/// The rows of a file in the form of LIBSVM, `label index:value …`; the first row it gives are names: `label`, then the indices.
///
/// What a line doesn't name is 0. A `#` begins a comment, and a `qid:` is left out. Chang and Lin 2011,
/// doi:10.1145/1961189.1961199.
final class SparseLinesReader: RowReader {
  private let lines: LineReader
  private let features: ClosedRange<Int>
  private var buffer: FieldBuffer
  private var isFirst = true
  private(set) var fields = UnsafeBufferPointer<tb_field>(start: nil, count: 0)

  var row: Int { lines.number }

  /// - Parameter features: the indices that occur.
  init(_ source: any ByteSource, features: ClosedRange<Int>, limits: ImportLimits) {
    lines = LineReader(source, longest: limits.csvLineBytes)
    self.features = features
    buffer = FieldBuffer(fields: features.count + 1)
  }

  /// The least and the largest index of a file; from 1 unless a 0 occurs.
  static func features(
    _ source: any ByteSource, limits: ImportLimits
  ) throws(DatasetError) -> ClosedRange<Int> {
    let lines = LineReader(source, longest: limits.csvLineBytes)
    var (least, most) = (1, 1)
    while let line = try lines.next() {
      try forEach(in: line, row: lines.number) { (index, _) throws(DatasetError) in
        least = min(least, index)
        most = max(most, index)
        guard most - least < limits.csvColumns - 1 else {
          throw DatasetError(
            .limitExceeded, "index \(index) makes more than \(limits.csvColumns - 1) features",
            row: lines.number)
        }
      }
    }
    return least...most
  }

  func next() throws(DatasetError) -> Bool {
    buffer.begin(count: features.count + 1)
    if isFirst {
      isFirst = false
      buffer.set(0, "label".utf8)
      for (place, index) in features.enumerated() { buffer.set(place + 1, "\(index)".utf8) }
    } else {
      guard let line = try lines.next() else { return false }
      for place in 1...features.count { buffer.set(place, CollectionOfOne(UInt8(ascii: "0"))) }
      let label = try SparseLinesReader.forEach(in: line, row: lines.number) { (index, value) in
        if features.contains(index) { buffer.set(index - features.lowerBound + 1, value) }
      }
      buffer.set(0, label)
    }
    fields = buffer.finish()
    return true
  }

  @discardableResult
  private static func forEach(
    in line: [UInt8], row: Int, _ body: (Int, ArraySlice<UInt8>) throws(DatasetError) -> Void
  ) throws(DatasetError) -> ArraySlice<UInt8> {
    let plain = line.prefix { $0 != UInt8(ascii: "#") }
    let words = plain.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let label = words.first, !label.contains(UInt8(ascii: ":")) else {
      throw DatasetError(.malformed, "has no label; write label index:value …", row: row)
    }
    var previous = -1
    for word in words.dropFirst() {
      let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      if parts.count == 2, parts[0].elementsEqual("qid".utf8) { continue }
      guard parts.count == 2, let index = Int(String(decoding: parts[0], as: UTF8.self)),
        index > previous
      else {
        throw DatasetError(
          .malformed,
          "\"\(String(decoding: word.prefix(40), as: UTF8.self))\" is no index:value with an index above the one before",
          row: row)
      }
      previous = index
      try body(index, parts[1])
    }
    return label
  }
}
