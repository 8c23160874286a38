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

  /// - Returns: `nil` when there aren't as many counts as pairs of classes.
  public init?(classes: Int, counts: [Int]) {
    guard classes > 0, classes <= Self.mostClasses, counts.count == classes * classes,
      counts.allSatisfy({ (0...1 << 53).contains($0) })
    else { return nil }
    self.classes = classes
    self.counts = counts
  }
}

extension ConfusionMatrix {
  /// To what has no classes, or too many.
  static func objection(to task: MetricTask) -> String? {
    if let objection = task.objectionForWantOfClasses { return objection }
    guard let classes = task.classes, classes > mostClasses else { return nil }
    return "is for \(mostClasses) classes at most; the target is \(task.inWords)"
  }
}
