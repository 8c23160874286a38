/// The values that were asked for last, up to so many.
struct Recent<Key: Hashable, Value> {
  private let capacity: Int
  private var values: [Key: (value: Value, use: Int)] = [:]
  private var uses = 0

  init(capacity: Int) { self.capacity = capacity }

  /// The value of a key, which counts as asked for now.
  subscript(key: Key) -> Value? {
    mutating get {
      guard let value = values[key]?.value else { return nil }
      uses += 1
      values[key]?.use = uses
      return value
    }
    set {
      uses += 1
      values[key] = newValue.map { ($0, uses) }
      guard values.count > capacity else { return }
      if let oldest = values.min(by: { $0.value.use < $1.value.use })?.key { values[oldest] = nil }
    }
  }
}
