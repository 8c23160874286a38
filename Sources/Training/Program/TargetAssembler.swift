import NeuralNetworks

/// Lays one objective's targets out as its loss wants them.
final class TargetAssembler {
  private let encoding: TargetEncoding
  /// Places of a target that have a class of their own.
  private let places: Int
  private let classCount: Int
  /// The classes of the batch assembled last; only when the targets are classes.
  let classes: UnsafeMutablePointer<Int32>?
  private let valueCount: Int
  /// A copy of the numbers of the batch assembled last, which a pass may overwrite in its slot; only when asked for.
  let numbers: UnsafeMutablePointer<Float>?

  /// - Parameter keepsNumbers: whether targets that are numbers are copied.
  init(_ objective: Objective, largestBatch: Int, keepsNumbers: Bool = false) {
    encoding = objective.encoding
    places = objective.places
    classCount = objective.answerWidth
    switch encoding {
    case .values:
      valueCount = objective.places * objective.answerWidth
      classes = nil
    case .numbers(let shape):
      valueCount = shape.count
      classes = nil
    case .classIndices, .classNumber, .oneHot:
      valueCount = 0
      classes = .allocate(capacity: largestBatch * places)
    }
    numbers =
      keepsNumbers && valueCount > 0 ? .allocate(capacity: largestBatch * valueCount) : nil
  }

  deinit {
    classes?.deallocate()
    numbers?.deallocate()
  }

  /// Where the source's targets are to be gathered: numbers in the slot itself.
  func place(_ slot: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    classes.map { UnsafeMutableRawPointer($0) } ?? slot
  }

  /// - Parameter gathered: the batch as the source has it, in this objective's place or in that of another
  ///   one with the same target.
  func write(
    _ gathered: UnsafeMutableRawPointer, rows: Int, to slot: UnsafeMutableRawPointer
  ) {
    guard let classes else {
      numbers?.update(
        from: gathered.assumingMemoryBound(to: Float.self), count: rows * valueCount)
      if gathered != slot {
        slot.copyMemory(from: gathered, byteCount: rows * valueCount * MemoryLayout<Float>.stride)
      }
      return
    }
    let count = rows * places
    if gathered != UnsafeMutableRawPointer(classes) {
      UnsafeMutableRawPointer(classes)
        .copyMemory(from: gathered, byteCount: count * MemoryLayout<Int32>.stride)
    }
    switch encoding {
    case .classIndices:
      slot.copyMemory(from: classes, byteCount: count * MemoryLayout<Int32>.stride)
    case .classNumber:
      let numbers = slot.assumingMemoryBound(to: Float.self)
      for row in 0..<count { numbers[row] = Float(classes[row]) }
    case .oneHot:
      let numbers = slot.assumingMemoryBound(to: Float.self)
      numbers.update(repeating: 0, count: count * classCount)
      for row in 0..<count where (0..<classCount).contains(Int(classes[row])) {
        numbers[row * classCount + Int(classes[row])] = 1
      }
    case .values, .numbers:
      break
    }
  }
}
