/// How often examples of each class were answered with each class.
public struct ConfusionMatrix: Hashable, Sendable, Codable {
  /// Classes that are told apart at most.
  public static let mostClasses = 100

  public let classes: Int
  /// Row after row: the row is the right class, the column the answer.
  public private(set) var counts: [Int]

  public init(classes: Int) {
    self.classes = classes
    counts = Array(repeating: 0, count: classes * classes)
  }

  public subscript(right: Int, answer: Int) -> Int {
    get { counts[right * classes + answer] }
    set { counts[right * classes + answer] = newValue }
  }

  /// Examples of a class.
  public func total(_ right: Int) -> Int {
    counts[right * classes..<(right + 1) * classes].reduce(0, +)
  }

  /// Takes in the answers of `[rows, classes]` outputs, the first of the largest ones; classes out of range are left out.
  mutating func add(
    outputs: UnsafePointer<Float>, classes targets: UnsafePointer<Int32>, rows: Int
  ) {
    for row in 0..<rows where (0..<classes).contains(Int(targets[row])) {
      let scores = outputs + row * classes
      var best = 0
      for index in 1..<max(classes, 1) where scores[index] > scores[best] { best = index }
      self[Int(targets[row]), best] += 1
    }
  }
}
