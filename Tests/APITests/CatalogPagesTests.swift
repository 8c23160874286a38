import Foundation
import Testing

@testable import API

@Suite struct CatalogPagesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test("docs/catalog is what the sources' comments make, a page for each entry")
  func pagesAreCurrent() throws {
    let all = try CatalogPages(sources: Self.root.appending(path: "Sources"))
    #expect(all.undocumented.isEmpty)
    let made = all.pages
    let entries = CatalogEndpoints.members.flatMap(\.entries)
    #expect(made.count == entries.count + 1)
    let folder = Self.root.appending(path: "docs/catalog")
    for (path, text) in made {
      let file = try? String(contentsOf: folder.appending(path: path), encoding: .utf8)
      #expect(file == text, "\(path) is not current; run: chainrule docs")
    }
    let found = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    #expect(Set(found.filter { $0.hasSuffix(".md") }) == Set(made.keys))
  }

  @Test("an entry has the comment above it, or that of the type around it")
  func pagesQuoteTheirComments() throws {
    let source = """
      /// The first.
      struct First {}

      /// A second one.
      ///
      /// With a formula.
      public struct Second: Layer {
        static let documentation = CatalogEntry(

          /// Its own.
          CatalogEntry(
      """.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      DocComment(in: source, line: 8, own: false)?.lines
        == ["A second one.", "", "With a formula."])
    #expect(DocComment(in: source, line: 8, own: true) == nil)
    #expect(DocComment(in: source, line: 11, own: true)?.lines == ["Its own."])
    #expect(DocComment(in: source, line: 900, own: true) == nil)
  }
}
