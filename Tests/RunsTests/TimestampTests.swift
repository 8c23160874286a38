import Foundation
import Testing

@testable import Runs

/// Times are written as Foundation writes them, only faster.
@Suite struct TimestampTests {
  private func expected(_ milliseconds: Int) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000)
      .formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
  }

  @Test("a time is a date, an hour and milliseconds in UTC")
  func examples() {
    #expect(Timestamp.text(0) == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp.text(1_763_931_600_123) == "2025-11-23T21:00:00.123Z")
    #expect(Timestamp.text(951_782_400_007) == "2000-02-29T00:00:00.007Z")
    #expect(Timestamp.text(-1) == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp.text(4_107_542_399_999) == "2100-02-28T23:59:59.999Z")
  }

  @Test("every day of four centuries, at some time of it")
  func days() {
    for day in stride(from: -73_000, through: 73_100, by: 7) {
      // Halves, which a Double has exactly.
      let time = day * 86_400_000 + abs(day) * 7_919_500 % 86_400_000
      #expect(Timestamp.text(time) == expected(time))
    }
  }
}
