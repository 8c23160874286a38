import Foundation

/// The project's own files, as the tests of its rules read them.
enum Project {
  /// The repository's root, found from this file's place in it.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// Every file below a folder with one of these endings, as paths from the root.
  static func files(under folder: String, endingIn endings: [String]) -> [String] {
    let base = root.appending(path: folder).path(percentEncoded: false)
    let all = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
    return all.filter { path in endings.contains { path.hasSuffix("." + $0) } }
      .map { folder + "/" + $0 }.sorted()
  }
}

/// What the manifest says of the targets of code, in the order in which it says it.
struct Manifest {
  struct Target {
    let name: String
    let path: String
    let uses: [String]
  }

  let targets: [Target]

  init() throws {
    let text = try Project.text("Package.swift")
    let entry =
      #/(?:system|library|\.target|\.executableTarget)\(\s*(?:name: )?"(\w+)"(.*?)(?=\n    (?:system|library|tests|\.|//|\n))/#
      .dotMatchesNewlines()
    targets = text.matches(of: entry).map { match in
      let name = String(match.1)
      let body = String(match.2)
      let list = body.firstMatch(of: #/(?:uses|dependencies): \[(.*?)\]/#.dotMatchesNewlines())
      let uses = list.map { $0.1.matches(of: #/"(\w+)"/#).map { String($0.1) } } ?? []
      let path = body.firstMatch(of: #/path: "([^"]+)"/#).map { String($0.1) }
      return Target(name: name, path: path ?? "Sources/\(name)", uses: uses)
    }
  }

  subscript(name: String) -> Target? { targets.first { $0.name == name } }

  /// Every target that one can reach from `name` by following arrows.
  func reachable(from name: String) -> Set<String> {
    var found: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      for use in self[next]?.uses ?? [] where found.insert(use).inserted { open.append(use) }
    }
    return found
  }
}
