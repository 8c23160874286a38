import Testing

@Suite struct StyleTests {
  @Test("nothing a request can reach may trap on purpose")
  func noForcing() throws {
    for file in Project.files(under: "Sources", endingIn: ["swift"]) {
      let text = try Project.text(file)
      for word in ["try!", "as! ", "fatalError(", "TODO", "FIXME"] {
        #expect(!text.contains(word), "\(file) has \(word)")
      }
    }
  }

  @Test("a migration's number stands in the manifest, so that it is embedded")
  func migrationsAreEmbedded() throws {
    let manifest = try Project.text("Package.swift")
    for file in Project.files(under: "migrations", endingIn: ["sql"]) {
      let name = file.replacing("migrations/", with: "")
      #expect(manifest.contains("\"\(name)\""), "\(name) is not embedded")
    }
  }
}
