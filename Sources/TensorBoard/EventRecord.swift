import CTensorBoard

/// An event of a TensorBoard event file, framed as a TFRecord: length, its checksum, the message, its checksum.
public struct EventRecord: Sendable {
  /// A histogram by the upper ends of its buckets, ascending.
  public struct Histogram: Sendable {
    public let minimum: Double
    public let maximum: Double
    public let sum: Double
    public let sumOfSquares: Double
    public let limits: [Double]
    public let counts: [Double]

    /// - Precondition: as many limits as counts.
    public init(
      minimum: Double, maximum: Double, sum: Double, sumOfSquares: Double, limits: [Double],
      counts: [Double]
    ) {
      precondition(limits.count == counts.count, "a limit for each count")
      self.minimum = minimum
      self.maximum = maximum
      self.sum = sum
      self.sumOfSquares = sumOfSquares
      self.limits = limits
      self.counts = counts
    }
  }

  public let bytes: [UInt8]

  private init(_ write: (UnsafeMutablePointer<UInt8>?) -> Int) {
    let size = write(nil)
    let message = [UInt8](unsafeUninitializedCapacity: size) { place, initialized in
      initialized = write(place.baseAddress)
    }
    let length = withUnsafeBytes(of: UInt64(size).littleEndian) { Array($0) }
    var bytes = length
    bytes.reserveCapacity(size + 16)
    EventRecord.appendChecksum(of: length, to: &bytes)
    bytes += message
    EventRecord.appendChecksum(of: message, to: &bytes)
    self.bytes = bytes
  }

  /// The first event of a file.
  ///
  /// - Parameter wallTime: seconds since 1970.
  public static func version(wallTime: Double) -> EventRecord {
    EventRecord { tb_version_event(wallTime, $0) }
  }

  public static func scalar(
    _ tag: String, _ value: Float, step: Int, wallTime: Double
  ) -> EventRecord {
    EventRecord { tb_scalar_event(wallTime, Int64(step), tag, value, $0) }
  }

  public static func histogram(
    _ tag: String, _ histogram: Histogram, step: Int, wallTime: Double
  ) -> EventRecord {
    EventRecord { place in
      histogram.limits.withUnsafeBufferPointer { limits in
        histogram.counts.withUnsafeBufferPointer { counts in
          var parts = tb_histogram(
            minimum: histogram.minimum, maximum: histogram.maximum,
            count: histogram.counts.reduce(0, +), sum: histogram.sum,
            sum_of_squares: histogram.sumOfSquares, limits: limits.baseAddress,
            counts: counts.baseAddress, buckets: limits.count)
          return tb_histogram_event(wallTime, Int64(step), tag, &parts, place)
        }
      }
    }
  }

  // MARK: - Checksums

  /// CRC-32C (RFC 3720, appendix B.4), byte by byte.
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
    }
  }

  static func checksum(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { value, byte in
      table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8
    }
  }

  /// Masked, since a checksum of bytes that hold their own checksum is weak.
  private static func appendChecksum(of bytes: [UInt8], to result: inout [UInt8]) {
    let value = checksum(of: bytes)
    let masked = (value >> 15 | value << 17) &+ 0xA282_EAD8
    withUnsafeBytes(of: masked.littleEndian) { result.append(contentsOf: $0) }
  }
}
