/// One thing wrong with a document: where (RFC 6901 JSON pointer) and what.
public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
  public let pointer: String
  public let detail: String

  public init(pointer: String, detail: String) {
    self.pointer = pointer
    self.detail = detail
  }

  public var description: String { pointer.isEmpty ? detail : "\(pointer): \(detail)" }
}

/// Every fault of a document, in the order found: the error that decoders throw.
public struct Faults: Error, Hashable, Sendable, CustomStringConvertible {
  /// So many are kept, and one more that says so: an answer needn't be larger than the question.
  public static let limit = 1_000

  public private(set) var all: [Fault] = []

  public init(_ all: [Fault] = []) {
    for fault in all { add(fault) }
  }

  public var isEmpty: Bool { all.isEmpty }
  public var isFull: Bool { all.count > Faults.limit }
  public var description: String { all.map(\.description).joined(separator: "; ") }

  public mutating func add(_ pointer: String, _ detail: @autoclosure () -> String) {
    if !isFull { add(Fault(pointer: pointer, detail: detail())) }
  }

  public mutating func add(_ other: Faults) {
    for fault in other.all { add(fault) }
  }

  public mutating func add(_ fault: Fault) {
    if isFull { return }
    let isOver = all.count == Faults.limit
    let over = "more than \(Faults.limit) faults; these are the first"
    all.append(isOver ? Fault(pointer: "", detail: over) : fault)
  }

  /// Throws these faults unless there are none.
  public func check() throws(Faults) {
    if !isEmpty { throw self }
  }
}
