import CTables

/// What the text of one field stands for.
enum FieldValue: Equatable {
  /// Nothing, or one of the words for it: `na`, `n/a`, `nan`, `null`, `?` in any case of letters.
  case missing
  /// A finite number.
  case number(Double)
  /// A number too large, or infinity.
  case notFinite
  case text

  private static let plain = TableFormat.plain.native

  /// - Parameter format: how numbers are written; as JSON writes them when left out.
  init(_ bytes: UnsafeBufferPointer<UInt8>, _ format: tb_format = Self.plain) {
    let value = withUnsafePointer(to: format) { tb_value_of(bytes.baseAddress, bytes.count, $0) }
    switch value.kind {
    case TB_MISSING: self = .missing
    case TB_NUMBER: self = .number(value.number)
    case TB_NOT_FINITE: self = .notFinite
    default: self = .text
    }
  }
}
