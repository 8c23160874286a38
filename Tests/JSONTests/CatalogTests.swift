import JSON
import Testing

@Suite struct CatalogTests {
  private static let rate = Field("rate", .number(0...1), default: 0.5, "A rate.")
  private static let entries = [
    CatalogEntry(type: "plain", summary: "", formula: "", source: ""),
    CatalogEntry(
      type: "rated", aliases: ["r"], summary: "With a rate.", formula: "rate x", fields: [rate],
      source: "Nobody 1900."),
  ]

  private func choose(_ json: JSON) throws(Faults) -> CatalogChoice {
    try CatalogChoice(json, among: Self.entries, kind: "a thing", pointer: "/thing")
  }

  @Test("a name and an object with a type mean the same")
  func forms() throws {
    var named = try choose("rated")
    var typed = try choose(["type": "rated", "rate": 0.25])
    var alias = try choose("r")
    #expect([named.index, typed.index, alias.index] == [1, 1, 1])
    #expect(named.reader.double(Self.rate) == 0.5)
    #expect(typed.reader.double(Self.rate) == 0.25)
    _ = alias.reader.double(Self.rate)
    #expect(named.reader.finish().isEmpty && typed.reader.finish().isEmpty)
    #expect(alias.reader.finish().isEmpty)
  }

  @Test(
    "a choice that isn't there is refused where it stands",
    arguments: [
      ("plane", "/thing: \"plane\" is unknown (did you mean \"plain\"?); one of: plain, rated"),
      (["type": "x123456"], "/thing/type: \"x123456\" is unknown; one of: plain, rated"),
      (["rate": 1], "/thing/type: is missing"),
      (["type": 3], "/thing/type: expected a string, found an integer"),
      (7, "/thing: expected the name of a thing or an object with its type, found an integer"),
    ] as [(JSON, String)])
  func refuses(json: JSON, message: String) {
    do throws(Faults) {
      _ = try choose(json)
      Issue.record("\(json) was accepted")
    } catch {
      #expect(error.all.first?.description == message)
    }
  }

  @Test("an entry lists what a client needs to know")
  func entryJSON() {
    #expect(
      Self.entries[1].json == [
        "type": "rated", "aliases": ["r"], "summary": "With a rate.", "formula": "rate x",
        "parameters": [
          [
            "name": "rate", "type": "number", "minimum": .number(0), "maximum": .number(1),
            "default": 0.5, "description": "A rate.",
          ]
        ],
        "source": "Nobody 1900.",
      ])
  }
}
