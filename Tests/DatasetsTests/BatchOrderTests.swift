import Datasets
import Tensors
import Testing

@Suite("The order of batches")
struct BatchOrderTests {
  @Test("every epoch goes through each example once", arguments: [1, 2, 7, 64, 1797])
  func permutation(count: Int) {
    let order = BatchOrder(count: count, batchSize: 32, seed: 7, shuffle: true, dropLast: false)
    for epoch in 0..<3 {
      let examples = (0..<order.batches).flatMap { order.batch(epoch: epoch, index: $0) }
      #expect(examples.sorted() == Array(0..<count))
    }
  }

  @Test("epochs and seeds give different orders, the same ones the same order")
  func dependence() {
    let order = BatchOrder(count: 100, batchSize: 100, seed: 7, shuffle: true, dropLast: false)
    let other = BatchOrder(count: 100, batchSize: 100, seed: 8, shuffle: true, dropLast: false)
    #expect(order.batch(epoch: 0, index: 0) == order.batch(epoch: 0, index: 0))
    #expect(order.batch(epoch: 0, index: 0) != order.batch(epoch: 1, index: 0))
    #expect(order.batch(epoch: 0, index: 0) != other.batch(epoch: 0, index: 0))
  }

  @Test("without shuffling a batch is the next examples in file order, the last one shorter")
  func fileOrder() {
    let order = BatchOrder(count: 10, batchSize: 4, seed: 7, shuffle: false, dropLast: false)
    #expect(order.batches == 3)
    #expect(order.batch(epoch: 5, index: 0) == [0, 1, 2, 3])
    #expect(order.batch(epoch: 5, index: 2) == [8, 9])
  }

  @Test("a last batch that isn't full may be left out")
  func dropLast() {
    let order = BatchOrder(count: 10, batchSize: 4, seed: 7, shuffle: true, dropLast: true)
    #expect(order.batches == 2)
    #expect(order.batch(epoch: 0, index: 1).count == 4)
    #expect(BatchOrder(count: 3, batchSize: 4, seed: 7, shuffle: true, dropLast: true).batches == 0)
  }

  @Test("every example comes first about equally often")
  func uniformity() {
    var counts = [Int](repeating: 0, count: 5)
    for epoch in 0..<5_000 {
      let order = BatchOrder(count: 5, batchSize: 1, seed: 3, shuffle: true, dropLast: false)
      counts[order.batch(epoch: epoch, index: 0)[0]] += 1
    }
    // Pearson's statistic with 4 degrees of freedom is beyond 18.5 once in a thousand seeds.
    let statistic = counts.reduce(0.0) { $0 + (Double($1) - 1_000) * (Double($1) - 1_000) / 1_000 }
    #expect(statistic < 18.5, "counts \(counts)")
  }
}

@Suite("An order without a list")
struct IndexPermutationTests {
  private static let philox = Philox(seed: 5, purpose: "test")

  @Test("each number has one place", arguments: [1, 2, 3, 5, 64, 1_000, 4_097, 65_537])
  func permutation(count: Int) {
    for stream in 0..<3 as Range<UInt64> {
      let order = IndexPermutation(count: count, philox: Self.philox, stream: stream)
      #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
    }
  }

  @Test("keys and streams give different orders")
  func dependence() {
    let one = IndexPermutation(count: 1_000, philox: Self.philox, stream: 0)
    let other = IndexPermutation(count: 1_000, philox: Self.philox, stream: 1)
    let third = IndexPermutation(
      count: 1_000, philox: Philox(seed: 6, purpose: "test"), stream: 0)
    let same = (0..<1_000).count { one[$0] == other[$0] || one[$0] == third[$0] }
    // Two of a thousand are expected.
    #expect(same < 20)
  }

  @Test("every number comes first about equally often, and neighbours don't stay together")
  func uniformity() {
    var counts = [Int](repeating: 0, count: 7)
    var together = 0
    for stream in 0..<7_000 as Range<UInt64> {
      let order = IndexPermutation(count: 7, philox: Self.philox, stream: stream)
      counts[order[0]] += 1
      together += abs(order[0] - order[1]) == 1 ? 1 : 0
    }
    // Pearson's statistic with 6 degrees of freedom is beyond 22.5 once in a thousand seeds.
    let statistic = counts.reduce(0.0) { $0 + (Double($1) - 1_000) * (Double($1) - 1_000) / 1_000 }
    #expect(statistic < 22.5, "counts \(counts)")
    // 12 of the 42 ordered pairs are neighbours: 2,000, with a deviation of 38.
    #expect(abs(together - 2_000) < 200, "\(together)")
  }

  @Test("an epoch of more examples than are listed goes through each once, a batch at a time")
  func large() {
    let count = BatchOrder.mostListed + 3
    let order = BatchOrder(
      count: count, batchSize: 1 << 20, seed: 7, shuffle: true, dropLast: false)
    #expect(!order.isListed && order.batches == 5)
    var seen = [Bool](repeating: false, count: count)
    for index in 0..<order.batches {
      for example in order.batch(epoch: 2, index: index) { seen[example] = true }
    }
    #expect(!seen.contains(false))
    var whole: [Int] = []
    order.write(epoch: 2, to: &whole)
    #expect(Array(whole[..<(1 << 20)]) == order.batch(epoch: 2, index: 0))
    let plain = BatchOrder(count: count, batchSize: 8, seed: 7, shuffle: false, dropLast: false)
    #expect(plain.batch(epoch: 9, index: 1) == Array(8..<16))
  }
}

@Suite("The split for validation")
struct SplitTests {
  @Test("every example is on one side, and the fraction is met")
  func partition() {
    let split = Split(examples: 1_000, validationFraction: 0.1, seed: 7)
    #expect(split.validation.count == 100)
    #expect((Array(split.training) + split.validation).sorted() == Array(0..<1_000))
  }

  @Test("a seed decides it")
  func seeds() {
    let split = Split(examples: 1_000, validationFraction: 0.1, seed: 7)
    #expect(split == Split(examples: 1_000, validationFraction: 0.1, seed: 7))
    #expect(split != Split(examples: 1_000, validationFraction: 0.1, seed: 8))
  }

  @Test("each class gives its share")
  func stratified() {
    // 80 of class 0, 15 of class 1, 5 of class 2.
    let classes = (0..<100).map { Int32($0 < 80 ? 0 : $0 < 95 ? 1 : 2) }
    let split = Split(examples: 100, validationFraction: 0.2, seed: 1, classIndices: ClassLabels(classes))
    let counts = (0..<3).map { kind in split.validation.count { classes[$0] == kind } }
    #expect(counts == [16, 3, 1])
  }

  @Test("at least one example trains, and one validates when any should")
  func extremes() {
    #expect(Split(examples: 1, validationFraction: 0.9, seed: 1).training == [0])
    #expect(Split(examples: 2, validationFraction: 0.01, seed: 1).validation.count == 1)
    #expect(Split(examples: 2, validationFraction: 0.99, seed: 1).training.count == 1)
    #expect(Split(examples: 5, validationFraction: 0, seed: 1).validation.isEmpty)
    #expect(Split(examples: 0, validationFraction: 0.5, seed: 1).training.isEmpty)
  }
}
