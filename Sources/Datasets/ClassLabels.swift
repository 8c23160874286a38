/// The class of every example, read where it lies.
public struct ClassLabels: RandomAccessCollection, Sendable {
  private enum Storage {
    case array([Int32])
    case file(TargetFile)
  }

  private let storage: Storage
  public let startIndex = 0
  public let endIndex: Int

  public init(_ labels: [Int32] = []) {
    storage = .array(labels)
    endIndex = labels.count
  }

  /// - Precondition: the target is one class an example.
  init(_ file: TargetFile) {
    storage = .file(file)
    endIndex = file.examples
  }

  public subscript(example: Int) -> Int32 {
    switch storage {
    case .array(let labels): labels[example]
    case .file(let file): file.classIndex(example)
    }
  }
}

extension ClassLabels: ExpressibleByArrayLiteral {
  public init(arrayLiteral labels: Int32...) { self.init(labels) }
}
