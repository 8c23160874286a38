import Foundation
import JSON

/// A page for each entry of the catalogs, made from the comment at its declaration and from what `GET /v1/catalog` says.
public struct CatalogPages {
  /// The text of each page by its path in the folder of pages.
  public let pages: [String: String]
  /// Entries with a file of their own but no comment at their declaration.
  let undocumented: [String]

  /// - Parameter sources: the folder `Sources`.
  /// - Throws: when a file can't be read.
  public init(sources: URL) throws {
    let files = try CatalogPages.files(under: sources)
    var comments: [String: [Substring]] = [:]
    var pages: [String: String] = [:]
    var undocumented: [String] = []
    var index = "# Catalog\n\nWhat a document may name; `GET /v1/catalog` says the same as JSON. "
    index += "These pages are made by `chainrule docs`.\n"
    for (kind, entries) in CatalogEndpoints.members {
      index += "\n## \(kind.capitalized)\n\n"
      for entry in entries {
        let file = entry.place.file
        if comments[file] == nil, let url = files[file] {
          let text = try String(contentsOf: url, encoding: .utf8)
          comments[file] = text.split(separator: "\n", omittingEmptySubsequences: false)
        }
        let source = comments[file] ?? []
        let isList = file.hasSuffix("Catalog.swift") || file.hasSuffix("Endpoints.swift")
        let comment =
          DocComment(in: source, line: entry.place.line, own: true)
          ?? (isList ? nil : DocComment(in: source, line: entry.place.line, own: false))
        if comment == nil, !isList { undocumented.append(entry.type) }
        let path = "\(kind)/\(entry.type).md"
        pages[path] = CatalogPages.page(entry, comment: comment)
        index += "- [`\(entry.type)`](\(path)): \(entry.summary)\n"
      }
    }
    pages["README.md"] = index
    self.pages = pages
    self.undocumented = undocumented
  }

  /// Every Swift file under a folder, by the `#fileID` that it has.
  private static func files(under folder: URL) throws -> [String: URL] {
    var files: [String: URL] = [:]
    for target in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let root = folder.appending(path: target)
      let found = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
      while let url = found?.nextObject() as? URL {
        guard url.pathExtension == "swift" else { continue }
        files["\(target)/\(url.lastPathComponent)"] = url
      }
    }
    return files
  }

  private static func page(_ entry: CatalogEntry, comment: DocComment?) -> String {
    var page = "# `\(entry.type)`\n\n"
    let lines = comment?.lines ?? [entry.summary]
    page += lines.joined(separator: "\n") + "\n"
    if !entry.aliases.isEmpty {
      let names = entry.aliases.map { "`\($0)`" }.joined(separator: ", ")
      page += "\nAlso named \(names).\n"
    }
    page += "\n## In a document\n\n```json\n\(example(entry))\n```\n\n"
    page += "| | |\n|---|---|\n"
    page += "| formula | \(cell(code(entry.formula))) |\n"
    if let shapes = entry.shapes { page += "| shapes, without the batch | \(cell(shapes)) |\n" }
    if !entry.weights.isEmpty {
      page += "| parameters | \(cell(entry.weights.joined(separator: "; "))) |\n"
    }
    page += "| source | \(cell(entry.source)) |\n"
    guard !entry.fields.isEmpty else { return page }
    page += "\n## Members\n\n| member | holds | default | |\n|---|---|---|---|\n"
    for field in entry.fields {
      page += "| `\(field.name)` | \(cell(content(field))) | \(cell(fallback(field))) "
      page += "| \(cell(field.summary)) |\n"
    }
    return page
  }

  /// The entry with the members that it must have.
  private static func example(_ entry: CatalogEntry) -> String {
    let members = entry.fields.filter(\.isRequired).map { ", \"\($0.name)\": …" }
    return "{ \"type\": \"\(entry.type)\"\(members.joined()) }"
  }

  private static func content(_ field: Field) -> String {
    switch field.content {
    case .boolean: return "true or false"
    case .integer(let range):
      return range.upperBound == .max
        ? "an integer from \(range.lowerBound)"
        : "an integer, \(range.lowerBound) to \(range.upperBound)"
    case .number(let range):
      let bounds = [range.lowerBound, range.upperBound].map { bound in
        bound.magnitude < .greatestFiniteMagnitude ? text(of: .number(bound)) : nil
      }
      switch (bounds[0], bounds[1]) {
      case (let low?, let high?): return "a number, \(low) to \(high)"
      case (let low?, nil): return "a number from \(low)"
      case (nil, let high?): return "a number up to \(high)"
      default: return "a number"
      }
    case .choice(let names): return names.map { "`\"\($0)\"`" }.joined(separator: ", ")
    case .described(let words): return words
    }
  }

  private static func fallback(_ field: Field) -> String {
    if field.isRequired { return "required" }
    return field.defaultValue.map { code(text(of: $0)) } ?? ""
  }

  private static func text(of value: JSON) -> String {
    String(decoding: value.encoded(), as: UTF8.self)
  }

  private static func code(_ text: String) -> String { "`\(text)`" }

  /// What may stand in a cell of a table.
  private static func cell(_ text: String) -> String {
    text.replacingOccurrences(of: "|", with: "\\|").replacingOccurrences(of: "\n", with: " ")
  }
}
