import JSON

/// Batches of sequences of similar length, which pass no longer than their longest.
///
/// Examples are shuffled and cut into pools of `pool` steps; a pool is sorted by length, and cut into steps, whose order is
/// shuffled. A pass is as long as the longest of its sequences, rounded up to one of `buckets` lengths.
public struct LengthBuckets: Hashable, Sendable {
  /// Lengths that passes have: `T k / buckets` for `k` from 1.
  public let buckets: Int
  /// Steps whose examples are sorted together.
  public let pool: Int

  static let mostBuckets = 32
  static let longestPool = 10_000

  public init(buckets: Int = 8, pool: Int = 100) {
    self.buckets = buckets
    self.pool = pool
  }

  /// Reads the member `batching`; `nil` when it's left out or says no.
  static func decoded(_ reader: inout ObjectReader) -> LengthBuckets? {
    guard var batching = reader.reader("batching") else { return nil }
    var buckets: LengthBuckets?
    switch batching.requiredValue("bucket_by_length") {
    case .bool(let isOn)?: buckets = isOn ? LengthBuckets() : nil
    case nil: break
    default:
      if var part = batching.reader("bucket_by_length") {
        buckets = LengthBuckets(
          buckets: part.integer("buckets", in: 1...mostBuckets) ?? 8,
          pool: part.integer("pool", in: 1...longestPool) ?? 100)
        batching.add(part.finish())
      }
    }
    if buckets != nil {
      for name in ["sampling", "shuffle"] where contradicts(name, reader.object[name]) {
        batching.fault(
          "bucket_by_length", "contradicts \(name): both decide the order; leave one of the two out"
        )
      }
    }
    reader.add(batching.finish())
    return buckets
  }

  private static func contradicts(_ name: String, _ value: JSON?) -> Bool {
    guard let value, value != .null else { return false }
    return name == "sampling" || value == false
  }
}
