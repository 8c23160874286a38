import CTables

/// The fields of one row, for readers that make them from something else than delimited text.
struct FieldBuffer: ~Copyable {
  private var bytes: UnsafeMutableBufferPointer<UInt8>
  private let fieldPlaces: UnsafeMutableBufferPointer<tb_field>
  private var ranges: [Range<Int>] = []
  private var used = 0

  init(fields: Int) {
    bytes = .allocate(capacity: 1 << 12)
    fieldPlaces = .allocate(capacity: max(1, fields))
    fieldPlaces.initialize(repeating: tb_field())
  }

  deinit {
    bytes.deallocate()
    fieldPlaces.deallocate()
  }

  /// Empties all fields.
  mutating func begin(count: Int) {
    used = 0
    if ranges.count == count {
      for field in ranges.indices { ranges[field] = 0..<0 }
    } else {
      ranges = Array(repeating: 0..<0, count: count)
    }
  }

  mutating func set(_ field: Int, _ text: some Collection<UInt8>) {
    reserve(text.count)
    let end = used + text.count
    _ = bytes[used..<end].initialize(fromContentsOf: text)
    ranges[field] = used..<end
    used = end
  }

  mutating func set(_ field: Int, _ text: UnsafeRawBufferPointer) {
    reserve(text.count)
    if let place = bytes.baseAddress, let source = text.baseAddress {
      UnsafeMutableRawPointer(place + used).copyMemory(from: source, byteCount: text.count)
    }
    ranges[field] = used..<used + text.count
    used += text.count
  }

  mutating func set(_ field: Int, _ text: consuming String) {
    let count = text.utf8.count
    reserve(count)
    text.withUTF8 {
      if let place = bytes.baseAddress, let source = $0.baseAddress {
        (place + used).update(from: source, count: count)
      }
    }
    ranges[field] = used..<used + count
    used += count
  }

  private mutating func reserve(_ count: Int) {
    let end = used + count
    guard end > bytes.count else { return }
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: end * 2)
    _ = larger.initialize(fromContentsOf: bytes[..<used])
    bytes.deallocate()
    bytes = larger
  }

  /// A row of names.
  mutating func row(of names: [String]) -> UnsafeBufferPointer<tb_field> {
    begin(count: names.count)
    for (index, name) in names.enumerated() { set(index, name.utf8) }
    return finish()
  }

  /// The fields as they lie now.
  mutating func finish() -> UnsafeBufferPointer<tb_field> {
    for (index, range) in ranges.enumerated() {
      let start = bytes.baseAddress.map { UnsafePointer($0 + range.lowerBound) }
      fieldPlaces[index] = tb_field(bytes: start, length: range.count)
    }
    return UnsafeBufferPointer(rebasing: fieldPlaces[..<ranges.count])
  }
}
