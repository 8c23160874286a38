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

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    var format = TableFormat.plain.native
    let value = tb_value_of(bytes.baseAddress, bytes.count, &format)
    switch value.kind {
    case TB_MISSING: self = .missing
    case TB_NUMBER: self = .number(value.number)
    case TB_NOT_FINITE: self = .notFinite
    default: self = .text
    }
  }
}
