import Foundation
import Testing

@testable import API

@Suite struct DeprecationTests {
  @Test("an operation on its way out says since when, until when, and what comes in its place")
  func headers() {
    // `date -u -d @1798761599` and the example of RFC 9745.
    let deprecation = Deprecation(
      since: Date(timeIntervalSince1970: 1_688_169_599),
      sunset: Date(timeIntervalSince1970: 1_798_761_599), successor: "/v2/runs")
    let headers = Dictionary(uniqueKeysWithValues: deprecation.headers)
    #expect(headers["Deprecation"] == "@1688169599")
    #expect(headers["Sunset"] == "Thu, 31 Dec 2026 23:59:59 GMT")
    #expect(headers["Link"] == "</v2/runs>; rel=\"successor-version\"")
  }
}
