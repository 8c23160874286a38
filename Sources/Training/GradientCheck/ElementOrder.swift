import Tensors

/// The elements of a tensor in a random order, drawn one after the other.
///
/// Each comes once; the order is a function of the generator. The memory grows with what was drawn, not
/// with the tensor. Fisher and Yates' shuffle, of which only the moved elements are kept.
struct ElementOrder {
  private let count: Int
  private var drawn = 0
  private var generator: Philox.Generator
  /// Where something else lies than the position itself.
  private var moved: [Int: Int] = [:]

  init(count: Int, generator: Philox.Generator) {
    self.count = count
    self.generator = generator
  }

  /// The next element; `nil` when all have been drawn.
  mutating func next() -> Int? {
    guard drawn < count else { return nil }
    let chosen = Int.random(in: drawn..<count, using: &generator)
    let element = moved[chosen] ?? chosen
    moved[chosen] = moved[drawn] ?? drawn
    moved[drawn] = nil
    drawn += 1
    return element
  }
}
