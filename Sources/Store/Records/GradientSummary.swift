/// A parameter's gradient at one step.
public struct GradientSummary: Hashable, Sendable {
  public let norm: Float
  public let largest: Float
  public let mean: Float
  /// Of elements that aren't finite.
  public let counts: NonFiniteCounts

  /// Rounds the figures to 21 significant bits (a relative 4.8e-7), so that they pack well and never change after they were
  /// shown.
  public init(norm: Float, largest: Float, mean: Float, counts: NonFiniteCounts = .none) {
    self.norm = norm.roundedForHistory
    self.largest = largest.roundedForHistory
    self.mean = mean.roundedForHistory
    self.counts = counts
  }

  public var nonFinite: Int { Int(counts.nan) + Int(counts.positive) + Int(counts.negative) }

  init(_ track: Track, at place: Int) {
    norm = Float(track.columns[0][place])
    largest = Float(track.columns[1][place])
    mean = Float(track.columns[2][place])
    counts = NonFiniteCounts(
      nan: UInt32(clamping: Int(track.columns[3][place])),
      positive: UInt32(clamping: Int(track.columns[4][place])),
      negative: UInt32(clamping: Int(track.columns[5][place])))
  }

  // MARK: - Rows

  /// In rows: norm, largest and mean as float32, and the count of all that isn't finite as uint32, little endian.
  static let byteCount = 16

  static func packed(_ summaries: [GradientSummary]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(summaries.count * byteCount)
    for summary in summaries {
      for word in [
        summary.norm.bitPattern, summary.largest.bitPattern, summary.mean.bitPattern,
        UInt32(clamping: summary.nonFinite),
      ] {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  /// All entries of what `packed` made.
  static func all(_ bytes: [UInt8], _ counts: [Int: NonFiniteCounts]) -> [GradientSummary] {
    (0..<bytes.count / byteCount).compactMap { unpacked(bytes, at: $0, counts) }
  }

  /// The entry at a position; `nil` when there are fewer.
  ///
  /// - Parameter counts: of the step; rows that were written before they were kept have NaN alone.
  static func unpacked(
    _ bytes: [UInt8], at position: Int, _ counts: [Int: NonFiniteCounts]
  ) -> GradientSummary? {
    guard position >= 0, (position + 1) * byteCount <= bytes.count else { return nil }
    let total = bytes.word(at: position * byteCount + 12)
    return GradientSummary(
      norm: Float(bitPattern: bytes.word(at: position * byteCount)),
      largest: Float(bitPattern: bytes.word(at: position * byteCount + 4)),
      mean: Float(bitPattern: bytes.word(at: position * byteCount + 8)),
      counts: total == 0 ? .none : counts[position] ?? NonFiniteCounts(nan: total))
  }
}

/// How many elements of a gradient aren't finite.
public struct NonFiniteCounts: Hashable, Sendable {
  public let nan: UInt32
  public let positive: UInt32
  public let negative: UInt32

  public static let none = NonFiniteCounts(nan: 0)

  public init(nan: UInt32, positive: UInt32 = 0, negative: UInt32 = 0) {
    self.nan = nan
    self.positive = positive
    self.negative = negative
  }

  /// The entries of a step that aren't all 0: position and the three counts.
  static func packed(_ summaries: [GradientSummary]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (position, summary) in summaries.enumerated() where summary.nonFinite > 0 {
      let counts = summary.counts
      for word in [UInt32(position), counts.nan, counts.positive, counts.negative] {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  static func unpacked(_ bytes: [UInt8]) -> [Int: NonFiniteCounts] {
    var counts: [Int: NonFiniteCounts] = [:]
    for start in stride(from: 0, to: bytes.count - 15, by: 16) {
      counts[Int(bytes.word(at: start))] = NonFiniteCounts(
        nan: bytes.word(at: start + 4), positive: bytes.word(at: start + 8),
        negative: bytes.word(at: start + 12))
    }
    return counts
  }
}

/// How large a parameter was at a step, and how far that moved it.
public struct UpdateSummary: Hashable, Sendable {
  public let weightNorm: Float
  public let updateNorm: Float

  /// Rounds both as `GradientSummary` does.
  public init(weightNorm: Float, updateNorm: Float) {
    self.weightNorm = weightNorm.roundedForHistory
    self.updateNorm = updateNorm.roundedForHistory
  }

  /// 0 for weights that are all zero and stay so.
  public var ratio: Float { weightNorm == 0 && updateNorm == 0 ? 0 : updateNorm / weightNorm }

  init(_ track: Track, at place: Int) {
    weightNorm = Float(track.columns[0][place])
    updateNorm = Float(track.columns[1][place])
  }

  static func packed(_ summaries: [UpdateSummary]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(summaries.count * 8)
    for summary in summaries {
      for word in [summary.weightNorm.bitPattern, summary.updateNorm.bitPattern] {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  static func all(_ bytes: [UInt8]) -> [UpdateSummary] {
    (0..<bytes.count / 8).map { position in
      UpdateSummary(
        weightNorm: Float(bitPattern: bytes.word(at: position * 8)),
        updateNorm: Float(bitPattern: bytes.word(at: position * 8 + 4)))
    }
  }
}

extension Float {
  /// The nearest with 20 bits of fraction; itself when it isn't finite.
  var roundedForHistory: Float {
    guard isFinite else { return self }
    let bits = bitPattern
    let rounded = bits &+ 3 &+ (bits >> 3 & 1)
    return Float(bitPattern: rounded & ~7)
  }
}

extension [UInt8] {
  /// Little endian.
  fileprivate func word(at offset: Int) -> UInt32 {
    withUnsafeBytes {
      UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
  }
}
