import JSON

/// A number of bytes written for people: `512MiB`, `8GiB`, `1000000`.
enum ByteCount {
  private static let units: [(suffix: String, bytes: Int)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ("B", 1),
  ]

  /// The number that a text stands for; `nil` for anything else, negative or beyond 64 bits.
  static func parse(_ text: String) -> Int? {
    var digits = text[...]
    var factor = 1
    if let unit = units.first(where: { text.hasSuffix($0.suffix) }) {
      digits = text.dropLast(unit.suffix.count)
      factor = unit.bytes
    }
    while digits.last == " " { digits = digits.dropLast() }
    guard let number = Int(digits), number >= 0 else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  /// A flag's number of bytes, its default's when it isn't given.
  static func read(_ field: Field, _ reader: inout ObjectReader) -> Int {
    if let bytes = reader.object[field.name]?.integer, bytes > 0 {
      _ = reader.value(field.name)
      return bytes
    }
    let written = reader.string(field.name) ?? field.defaultValue?.string ?? ""
    guard let bytes = parse(written), bytes > 0 else {
      reader.fault(field.name, "\"\(written)\" is no number of bytes, such as 8GiB or 500000000")
      return 1
    }
    return bytes
  }

  /// The number in the largest unit that divides it.
  static func text(_ bytes: Int) -> String {
    let binary = units.prefix(4).reversed()
    guard bytes > 0, let unit = binary.first(where: { bytes % $0.bytes == 0 }) else {
      return String(bytes)
    }
    return "\(bytes / unit.bytes)\(unit.suffix)"
  }
}
