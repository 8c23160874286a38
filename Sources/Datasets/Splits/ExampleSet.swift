/// Some of a dataset's examples, each by its number, in file order.
///
/// A bit an example, and for each 64 members where the first of them lies: about two bits an example where a list takes 64, so that
/// what a run trains on fits in memory whatever the dataset's size.
public struct ExampleSet: RandomAccessCollection, Hashable, Sendable {
  private static let step = 64

  /// A bit for each example, the first in the lowest.
  private let words: [UInt64]
  /// The places of members 0, 64, 128, …
  private let anchors: [Int]
  public let count: Int

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  /// The members among `0..<examples`.
  public init(examples: Int, isMember: (Int) throws -> Bool) rethrows {
    precondition(examples >= 0)
    var words = [UInt64](repeating: 0, count: (examples + 63) / 64)
    for example in 0..<examples where try isMember(example) {
      words[example >> 6] |= 1 << UInt64(example & 63)
    }
    self.init(words)
  }

  /// - Precondition: none is negative.
  public init(_ members: some Sequence<Int>) {
    var words: [UInt64] = []
    for member in members {
      precondition(member >= 0, "example \(member)")
      if words.count <= member >> 6 {
        words += repeatElement(0, count: (member >> 6) + 1 - words.count)
      }
      words[member >> 6] |= 1 << UInt64(member & 63)
    }
    self.init(words)
  }

  private init(_ words: [UInt64]) {
    var anchors: [Int] = []
    var (count, next) = (0, 0)
    for (index, word) in words.enumerated() {
      let here = word.nonzeroBitCount
      while next < count + here {
        anchors.append(index << 6 + ExampleSet.place(of: next - count, in: word))
        next += ExampleSet.step
      }
      count += here
    }
    (self.words, self.anchors, self.count) = (words, anchors, count)
  }

  /// The member at a position, counted from 0.
  public subscript(position: Int) -> Int {
    precondition(position >= 0 && position < count, "member \(position) of \(count)")
    let anchor = anchors[position / ExampleSet.step]
    var left = position % ExampleSet.step
    var index = anchor >> 6
    var word = words[index] & ~0 << UInt64(anchor & 63)
    while true {
      let here = word.nonzeroBitCount
      if left < here { return index << 6 + ExampleSet.place(of: left, in: word) }
      left -= here
      index += 1
      word = words[index]
    }
  }

  /// Whether an example is a member.
  public func contains(_ example: Int) -> Bool {
    example >= 0 && example >> 6 < words.count
      && words[example >> 6] & 1 << UInt64(example & 63) != 0
  }

  /// Where the set bit with so many before it lies.
  private static func place(of rank: Int, in word: UInt64) -> Int {
    var (word, left, place) = (word, rank, 0)
    var width = 32
    while width > 0 {
      let low = (word & (1 << UInt64(width) - 1)).nonzeroBitCount
      if left >= low {
        left -= low
        word >>= UInt64(width)
        place += width
      }
      width /= 2
    }
    return place
  }

  public static func == (one: ExampleSet, other: ExampleSet) -> Bool {
    one.count == other.count && one.anchors == other.anchors && one.trimmed == other.trimmed
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(trimmed) }

  /// Without the zeros behind the last member.
  private var trimmed: ArraySlice<UInt64> {
    words[..<((words.lastIndex { $0 != 0 } ?? -1) + 1)]
  }
}

extension ExampleSet: ExpressibleByArrayLiteral {
  public init(arrayLiteral members: Int...) { self.init(members) }
}
