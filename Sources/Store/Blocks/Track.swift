/// Points of one stream, column by column: the steps, and beside them as many columns as the stream has.
struct Track: Hashable, Sendable {
  var steps: [Int] = []
  var columns: [[Double]]

  init(columns: Int) { self.columns = Array(repeating: [], count: columns) }

  var count: Int { steps.count }

  mutating func append(step: Int, _ values: [Double]) {
    steps.append(step)
    for (index, value) in values.enumerated() { columns[index].append(value) }
  }

  /// Adds the points of another track at some places.
  mutating func append(_ other: Track, _ places: [Int]) {
    func gathered<Value>(_ values: [Value]) -> [Value] {
      values.withUnsafeBufferPointer { values in places.map { values[$0] } }
    }
    steps += gathered(other.steps)
    for index in columns.indices { columns[index] += gathered(other.columns[index]) }
  }

  /// The first place whose step is `step` or a later one; steps ascend.
  private func position(of step: Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if steps[middle] < step { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The points whose steps lie in a range.
  func within(_ range: ClosedRange<Int>) -> Track {
    guard let first = steps.first, let last = steps.last else { return self }
    if range.contains(first), range.contains(last) { return self }
    let end = range.upperBound < last ? position(of: range.upperBound + 1) : count
    var part = Track(columns: columns.count)
    part.append(
      self, Array(position(of: range.lowerBound)..<end))
    return part
  }

  /// The least and the largest point of each stretch of `size` steps, in the order of their steps.
  func extremes(of size: Int, _ stream: HistoryStream) -> Track {
    extremes(stream) { (steps[$0] - 1) / size }
  }

  /// At most `limit` points: the extremes of as many equal stretches of a range as half of that.
  func thinned(to limit: Int, _ range: ClosedRange<Int>, _ stream: HistoryStream) -> Track {
    let stretches = max(1, limit / 2)
    return extremes(stream, onlyLargest: limit == 1) {
      (steps[$0] - range.lowerBound) * stretches / range.count
    }
  }

  /// The least and the largest point of each stretch.
  ///
  /// - Parameter stretch: which one a place belongs to; it never falls from one place to the next.
  private func extremes(
    _ stream: HistoryStream, onlyLargest: Bool = false, _ stretch: (Int) -> Int
  ) -> Track {
    let ranks = stream.ranks(columns)
    var places: [Int] = []
    ranks.withUnsafeBufferPointer { ranks in
      // What isn't finite is larger than anything.
      func rank(_ place: Int) -> Double { ranks[place].isFinite ? ranks[place] : .infinity }
      var start = 0
      while start < count {
        let own = stretch(start)
        var (end, least, largest) = (start + 1, start, start)
        var (low, high) = (rank(start), rank(start))
        while end < count, stretch(end) == own {
          let value = rank(end)
          if value < low { (low, least) = (value, end) }
          if value > high { (high, largest) = (value, end) }
          end += 1
        }
        if least == largest || onlyLargest {
          places.append(largest)
        } else {
          places.append(min(least, largest))
          places.append(max(least, largest))
        }
        start = end
      }
    }
    var result = Track(columns: columns.count)
    result.append(self, places)
    return result
  }

  // MARK: - Bytes

  /// Points that a block holds at most.
  private static let most = 1 << 16

  func encoded(_ stream: HistoryStream) -> [UInt8] {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt32(count).littleEndian) { bytes.append(contentsOf: $0) }
    ColumnCodec.encode(steps.map(Double.init), as: .integer, into: &bytes)
    for (column, element) in zip(columns, stream.elements) {
      ColumnCodec.encode(column, as: element, into: &bytes)
    }
    return bytes
  }

  init(encoded: [UInt8], _ stream: HistoryStream) throws(StoreError) {
    let elements = stream.elements
    let decoded = encoded.withUnsafeBytes { raw -> (steps: [Double], columns: [[Double]])? in
      guard raw.count >= 4 else { return nil }
      let count = Int(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
      guard count <= Self.most else { return nil }
      var position = 4
      guard
        let steps = ColumnCodec.decode(raw, &position, count: count, as: .integer)
      else { return nil }
      var columns: [[Double]] = []
      for element in elements {
        guard let column = ColumnCodec.decode(raw, &position, count: count, as: element) else {
          return nil
        }
        columns.append(column)
      }
      return (steps, columns)
    }
    guard let decoded, decoded.steps.allSatisfy({ abs($0) < 0x1p63 }) else {
      throw StoreError(.corrupt, "a block of the history is damaged")
    }
    steps = decoded.steps.map { Int($0) }
    columns = decoded.columns
  }
}
