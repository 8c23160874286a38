/// What stands behind series that are shorter than others, in the steps of an example that are none.
///
/// A step is padding where all of its numbers are, and so are all behind it.
struct StepPadding: Hashable, Sendable {
  /// Numbers of a step.
  let width: Int
  let value: Float

  /// That of a file of series of several lengths; `nil` for anything else.
  init?(of description: DatasetDescription) {
    guard let padding = description.input.padding,
      let width = description.input.shape.dimensions.last, width > 0
    else { return nil }
    self.width = width
    value = Float(padding)
  }

  /// How many of an example's numbers are those of steps.
  func realCount(_ numbers: UnsafeBufferPointer<Float>) -> Int {
    var count = numbers.count - numbers.count % width
    while count > 0, numbers[count - width..<count].allSatisfy({ $0 == value }) { count -= width }
    return count
  }
}
