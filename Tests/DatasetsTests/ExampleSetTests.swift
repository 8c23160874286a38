import Testing

@testable import Datasets

@Suite("Sets of examples")
struct ExampleSetTests {
  @Test(
    "a set gives its members in order, wherever they lie",
    arguments: [
      [], [0], [63], [64], [0, 63, 64, 127, 128], Array(0..<200),
      Array(stride(from: 5, to: 9_000, by: 7)),
      Array(0..<64) + [100_000], Array(stride(from: 0, to: 40_000, by: 4_001)),
    ])
  func members(list: [Int]) {
    let set = ExampleSet(list)
    #expect(Array(set) == list && set.count == list.count)
    #expect(list.indices.allSatisfy { set[$0] == list[$0] })
    let known = Set(list)
    #expect((-1..<1_000).allSatisfy { set.contains($0) == known.contains($0) })
    #expect(set == ExampleSet(examples: 200_000) { known.contains($0) })
    #expect(set.hashValue == ExampleSet(examples: 200_000) { known.contains($0) }.hashValue)
  }

  @Test("sets differ where a member does")
  func inequality() {
    #expect(ExampleSet([1, 2, 70]) != ExampleSet([1, 2, 71]))
    #expect(ExampleSet([1, 2]) != ExampleSet([1, 2, 70]))
    #expect(ExampleSet([3, 1, 2, 2]) == [1, 2, 3])
  }

  @Test("beyond a list's length a split has the same shares, class by class, without one")
  func long() {
    let count = BatchOrder.mostListed + 1_000
    let labels = ClassLabels((0..<count).map { Int32($0 % 10 == 0 ? 1 : 0) })
    let split = Split(examples: count, validationFraction: 0.25, seed: 3, classIndices: labels)
    #expect(split.training.count + split.validation.count == count)
    #expect(split.validation.count == Int((Double(count) * 0.25).rounded()))
    let rare = split.validation.count { labels[$0] == 1 }
    #expect(abs(Double(rare) - Double(count) * 0.025) <= 1)
    #expect(!split.validation.contains { split.training.contains($0) })
    let other = Split(examples: count, validationFraction: 0.25, seed: 4, classIndices: labels)
    #expect(other.validation != split.validation)
    // Spread over the whole file.
    let half = split.validation.count { $0 < count / 2 }
    #expect(abs(Double(half) / Double(split.validation.count) - 0.5) < 0.005)
  }
}
