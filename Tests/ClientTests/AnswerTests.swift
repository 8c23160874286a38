import JSON
import Testing

@testable import Client

@Suite struct AnswerTests {
  @Test("where a server may be")
  func addresses() {
    #expect(ServerAddress("http://host:8080/")?.text == "http://host:8080")
    #expect(ServerAddress("https://host")?.text == "https://host")
    #expect(ServerAddress("unix:/run/a.sock")?.text == "unix:/run/a.sock")
    for text in ["", "host:8080", "unix:a.sock", "ftp://host", "http://", "http://host/?a=b"] {
      #expect(ServerAddress(text) == nil, "\(text)")
    }
  }

  @Test("a problem is told with each of its faults and their places")
  func problems() {
    let problem: JSON = [
      "title": "It is invalid", "detail": "two faults",
      "errors": [
        ["pointer": "/model/layers/0", "detail": "is wrong"],
        ["parameter": "limit", "detail": "is too large"],
        ["pointer": "", "detail": "is no object"],
      ],
    ]
    #expect(
      APIFailure(status: 422, body: problem.encoded()).description == """
        It is invalid (422)
          /model/layers/0: is wrong
          limit: is too large
          the document: is no object
        """)
    #expect(APIFailure(status: 502, body: Array("<html>".utf8)).description.contains("502"))
  }
}
