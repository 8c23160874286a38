import Datasets
import Tensors

/// How many of some examples are among others too, number for number.
enum SharedExamples {
  /// Numbers that are compared at most; of more nothing is said.
  private static let mostNumbers = 1 << 24
  private static let chunk = 256

  /// - Parameter members: which examples of each are meant; `nil` for all.
  /// - Returns: how many of the second are among the first; `nil` where they are too many, or no numbers.
  static func count(
    _ one: any ExampleSource, members: ExampleSet?, in other: any ExampleSource,
    members others: ExampleSet?
  ) -> Int? {
    guard let input = one.inputs.first, other.inputs.first?.shape == input.shape,
      input.element.isFloatingPoint, !(one is GraphExamples)
    else { return nil }
    let (count, otherCount) = (members?.count ?? one.examples, others?.count ?? other.examples)
    let (numbers, overflow) = (count + otherCount).multipliedReportingOverflow(
      by: input.shape.count)
    guard !overflow, numbers <= mostNumbers, input.shape.count > 1 else { return nil }
    var known = Set<Int>()
    forEach(one, members) { known.insert($0) }
    var shared = 0
    forEach(other, others) { shared += known.contains($0) ? 1 : 0 }
    return shared
  }

  /// Calls `body` with a hash of each example's first input.
  private static func forEach(
    _ source: any ExampleSource, _ members: ExampleSet?, _ body: (Int) -> Void
  ) {
    let width = source.inputs[0].shape.count * 4
    let count = members?.count ?? source.examples
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk * width, alignment: 64)
    defer { buffer.deallocate() }
    var places = [UnsafeMutableRawPointer?](repeating: nil, count: source.inputs.count)
    places[0] = buffer.baseAddress
    let targets = [UnsafeMutableRawPointer?](repeating: nil, count: source.targets.count)
    for start in stride(from: 0, to: count, by: chunk) {
      let part = (start..<min(start + chunk, count)).map { members?[$0] ?? $0 }
      part.withUnsafeBufferPointer { source.gather(indices: $0, inputs: places, targets: targets) }
      for row in part.indices {
        var hasher = Hasher()
        hasher.combine(
          bytes: UnsafeRawBufferPointer(rebasing: buffer[row * width..<(row + 1) * width]))
        body(hasher.finalize())
      }
    }
  }
}
