import CTables

/// One case of a `.ts` file: the values of its dimensions, and what is to be predicted.
struct SeriesLine {
  /// A dimension after the other, each `length` values; a missing one is NaN.
  let values: [Double]
  let length: Int
  /// As it is written.
  let label: String

  private static let missing: Double = .nan

  /// - Parameters:
  ///   - dimensions: how many there must be; `nil` where this is the first line.
  ///   - row: of the file.
  init(_ line: [UInt8], dimensions: Int?, row: Int) throws(DatasetError) {
    var parts = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    label = Self.trimmed(parts.removeLast())
    guard !parts.isEmpty else {
      throw DatasetError(
        .malformed,
        "has one field; write the values of each dimension and the label, separated by colons",
        row: row)
    }
    if let dimensions, parts.count != dimensions {
      throw DatasetError(
        .malformed, "has \(parts.count) dimensions where the first case has \(dimensions)", row: row
      )
    }
    guard !label.isEmpty else {
      throw DatasetError(.missingValue, "has no label; write it behind the last colon", row: row)
    }
    var values: [Double] = []
    var length: Int?
    for (dimension, part) in parts.enumerated() {
      var count = 0
      for field in part.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        count += 1
        values.append(try Self.value(field, dimension: dimension, row: row))
      }
      if let length, length != count {
        throw DatasetError(
          .unsupported,
          "has \(count) values in dimension \(dimension + 1) and \(length) in the first; fill the shorter up",
          row: row)
      }
      length = count
    }
    self.values = values
    self.length = length ?? 0
  }

  private static func value(
    _ field: ArraySlice<UInt8>, dimension: Int, row: Int
  ) throws(DatasetError) -> Double {
    let found = field.withUnsafeBufferPointer { FieldValue($0.trimmed) }
    switch found {
    case .number(let number): return number
    case .missing: return missing
    case .notFinite, .text:
      let text = String(decoding: field.prefix(40), as: UTF8.self)
      let hint =
        text.contains("(")
        ? "time stamps aren't read; write the values alone, at even steps" : "correct it"
      throw DatasetError(
        .malformed, "\"\(text)\" is no number; \(hint)", row: row, column: dimension + 1)
    }
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> String {
    text.withUnsafeBufferPointer { String(decoding: $0.trimmed, as: UTF8.self) }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Without blanks at both ends.
  var trimmed: UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, count)
    while start < end, self[start] == UInt8(ascii: " ") || self[start] == UInt8(ascii: "\t") {
      start += 1
    }
    while end > start, self[end - 1] == UInt8(ascii: " ") || self[end - 1] == UInt8(ascii: "\t") {
      end -= 1
    }
    return UnsafeBufferPointer(rebasing: self[start..<end])
  }
}
