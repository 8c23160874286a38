import Testing

/// The table of derivatives is complete: read from the sources, so that a primitive can't be forgotten.
@Suite struct PrimitiveSourceTests {
  @Test("every primitive's file has an entry with cases, and every entry is in the catalog")
  func entries() throws {
    let catalog = try Project.text("Sources/Autodiff/Catalog/PrimitiveCatalog.swift")
    // What only a plan makes has no derivative of its own.
    let madeByPlans = ["ElementEpilogue"]
    let declaration =
      /struct (\w+)(?:<[^>]*>)?: (?:ElementPrimitive|EpilogueHost|ChannelNormGradient|Primitive)/
    let owner = /(?m)^extension (\w+) \{(?:(?!^\})[\s\S])*?static (?:var|let) (?:entry|entries)\b/
    var primitives = 0
    for file in Project.files(under: "Sources/Autodiff/Primitives", endingIn: ["swift"]) {
      let text = try Project.text(file)
      let names = text.matches(of: declaration).map { String($0.1) }
        .filter { !madeByPlans.contains($0) }
      primitives += names.count
      #expect(
        names.isEmpty || text.contains("PrimitiveEntry("),
        "\(file) declares \(names) without an entry")
      for match in text.matches(of: owner) {
        #expect(
          catalog.contains("\(match.1).entr"), "\(file): \(match.1)'s entries aren't in the catalog"
        )
      }
    }
    #expect(primitives > 40)
  }
}
