import JSON
import Testing

@testable import API

@Suite struct QueryTests {
  private let fields = [
    Field("limit", .integer(1...200), default: 50, "how many"),
    Field("state", .choice(["queued", "running"]), "which"),
    Field("header", .boolean, "whether"),
  ]

  @Test("what is left out has its default")
  func defaults() throws {
    let query = try Query([], fields: fields)
    #expect(try query.read { $0.integer(fields[0]) } == 50)
  }

  @Test("every unknown parameter is named, with the one that was meant")
  func unknownNames() throws {
    let problem = try #require(throws: Problem.self) {
      _ = try Query([(name: "limt", value: "3"), (name: "x", value: "")], fields: fields)
    }
    #expect(problem.queryFaults.all.map(\.pointer) == ["/limt", "/x"])
    #expect(problem.queryFaults.all[0].detail.contains("did you mean \"limit\""))
    let errors = problem.json(instance: nil)["errors"]?.array ?? []
    #expect(errors.first?["parameter"] == "limt")
  }

  @Test(
    "a value that isn't one is a fault that says what is expected",
    arguments: [
      ("limit", "0"), ("limit", "x"), ("limit", "1.5"), ("state", "runing"), ("header", "perhaps"),
    ])
  func wrongValues(name: String, value: String) throws {
    let query = try Query([(name: name, value: value)], fields: fields)
    let problem = try #require(throws: Problem.self) {
      _ = try query.read { reader in
        (
          reader.integer(fields[0]), reader.string("state", in: ["queued", "running"]),
          reader.bool(fields[2])
        )
      }
    }
    #expect(problem.kind == .invalid)
    #expect(problem.queryFaults.all.map(\.pointer) == ["/\(name)"])
  }

  @Test("a parameter given twice is a fault")
  func givenTwice() {
    #expect(throws: Problem.self) {
      _ = try Query([(name: "limit", value: "3"), (name: "limit", value: "4")], fields: fields)
    }
  }
}
