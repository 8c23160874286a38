import Tensors
import Testing

@testable import Datasets

@Suite("Sums of runs of numbers")
struct RunSumsTests {
  private func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = Philox(seed: seed, purpose: "test").generator()
    return (0..<count).map { _ in Double.random(in: -3...5, using: &generator) + 1e6 }
  }

  /// Takes numbers in by runs of odd lengths.
  private func sums(_ numbers: [Double], places: Int) -> RunSums {
    let sums = RunSums(places: places)
    var numbers = numbers
    var (position, length) = (0, 1)
    while position < numbers.count {
      let end = min(position + length, numbers.count)
      numbers.withUnsafeMutableBufferPointer {
        let run = UnsafeMutableBufferPointer(rebasing: $0[position..<end])
        #expect(sums.add(run, at: position) == nil)
      }
      (position, length) = (end, length * 2 + 3)
    }
    return sums
  }

  @Test(
    "are those of each place, however the runs are cut", arguments: [1, 2, 7, 8, 9, 17, 500])
  func places(width: Int) {
    let numbers = numbers(width * 61 + (width == 1 ? 0 : width / 2), seed: UInt64(width))
    for (place, found) in sums(numbers, places: width).statistics.enumerated() {
      let own = stride(from: place, to: numbers.count, by: width).map { numbers[$0] }
      let mean = own.reduce(0) { $0 + ($1 - own[0]) } / Double(own.count) + own[0]
      let squares = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let summary = found.summary
      #expect(summary.count == own.count)
      #expect(summary.minimum == own.min() && summary.maximum == own.max())
      #expect(abs(summary.mean - mean) < 1e-9 * mean)
      #expect(abs(summary.deviation - (squares / Double(own.count)).squareRoot()) < 1e-8)
    }
  }

  @Test("a number that isn't finite is told by its place, and none is taken in", arguments: [1, 4])
  func notFinite(places: Int) {
    for (index, value) in [(0, Double.nan), (13, .infinity), (99, -.infinity)] {
      var numbers = numbers(100, seed: 1)
      numbers[index] = value
      let sums = RunSums(places: places)
      numbers.withUnsafeMutableBufferPointer { #expect(sums.add($0, at: 0) == index) }
      #expect(sums.statistics.allSatisfy { $0.count == 0 })
    }
  }

  @Test("of the largest numbers there are, all is finite")
  func largest() {
    let largest = Double.greatestFiniteMagnitude
    for places in [1, 2] {
      let sums = sums([largest, -largest, largest, largest, -largest, -largest], places: places)
      for found in sums.statistics {
        let summary = found.summary
        #expect(summary.mean.isFinite && summary.deviation.isFinite)
        #expect(summary.minimum == -largest && summary.maximum == largest)
      }
    }
  }
}
