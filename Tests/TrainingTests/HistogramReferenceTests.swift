import Foundation
import JSON
import Testing

@testable import Training

/// Histograms against NumPy: `Fixtures/make_histograms.py` writes what is expected.
@Suite struct HistogramReferenceTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON
    var testDescription: String { json["name"]?.string ?? "" }

    var values: [Float] {
      (json["values"]?.array ?? []).map { value in
        switch value {
        case .null: .nan
        case "inf": .infinity
        case "-inf": -.infinity
        default: Float(value.double ?? .nan)
        }
      }
    }
    func integers(_ name: String) -> [Int] { (json[name]?.array ?? []).compactMap(\.integer) }
  }

  static let cases: [Case] = {
    guard let data = try? Data(contentsOf: fixture("histograms.json")),
      let json = try? JSON(parsing: [UInt8](data))
    else { return [] }
    return (json.array ?? []).map(Case.init)
  }()

  private func histogram(_ values: [Float]) -> ValueHistogram {
    values.withUnsafeBufferPointer { ValueHistogram(of: $0) }
  }

  private func check(_ found: ValueHistogram, _ expected: Case) throws {
    let buckets = (expected.json["buckets"]?.array ?? []).map {
      ValueHistogram.Bucket(index: $0[0]?.integer ?? -1, count: $0[1]?.integer ?? -1)
    }
    #expect(found.buckets == buckets)
    #expect(found.zeroCount == expected.json["zero"]?.integer)
    #expect(
      [found.positiveUnderflowCount, found.negativeUnderflowCount]
        == expected.integers("underflow"))
    #expect(
      [found.positiveOverflowCount, found.negativeOverflowCount] == expected.integers("overflow"))
    #expect(found.nanCount == expected.json["nan"]?.integer)
    #expect(
      [found.positiveInfinityCount, found.negativeInfinityCount]
        == expected.integers("infinities"))
    #expect(found.minimum == expected.json["minimum"]?.double)
    #expect(found.maximum == expected.json["maximum"]?.double)
    let mean = try #require(expected.json["mean"]?.double)
    let variance = try #require(expected.json["variance"]?.double)
    // The mean of numbers of both signs is off by their size, not by its own.
    #expect(abs(found.mean - mean) <= 1e-12 * max(abs(found.minimum), abs(found.maximum)))
    #expect(abs(found.variance - variance) <= 1e-12 * variance)
  }

  @Test("counts are NumPy's exactly, moments to 1e-12", arguments: cases)
  func counts(expected: Case) throws { try check(histogram(expected.values), expected) }

  @Test("parts add up to the whole", arguments: cases, [1, 7, 40])
  func merged(expected: Case, length: Int) throws {
    var sum = ValueHistogram()
    let values = expected.values
    for start in stride(from: 0, to: values.count, by: length) {
      sum += histogram(Array(values[start..<min(start + length, values.count)]))
    }
    try check(sum, expected)
    #expect(sum.count == values.count)
  }

  @Test("there are cases")
  func hasCases() { #expect(Self.cases.count == 4) }
}
