import Foundation
import JSON
import Testing

@testable import API

@Suite struct OpenAPITests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "openapi.yaml")

  @Test("openapi.yaml in the repository is the one that the table makes")
  func fileIsCurrent() throws {
    let file = try String(contentsOf: OpenAPITests.file, encoding: .utf8)
    #expect(
      file == OpenAPIDocument.yaml, "run: chainrule openapi --output openapi.yaml")
  }

  @Test("no two operations share a name or a place")
  func operationsAreUnique() {
    let all = EndpointTable.all
    #expect(Set(all.map(\.operationID)).count == all.count)
    #expect(Set(all.map { "\($0.method.rawValue) \($0.path)" }).count == all.count)
  }

  @Test("every reference leads somewhere")
  func referencesResolve() {
    func check(_ value: JSON) {
      switch value {
      case .object(let object):
        if let reference = object["$ref"]?.string {
          var target: JSON? = OpenAPIDocument.json
          for part in reference.dropFirst(2).split(separator: "/") {
            target = target?[String(part)]
          }
          #expect(target != nil, "\(reference)")
        }
        object.members.forEach { check($0.value) }
      case .array(let elements): elements.forEach(check)
      default: break
      }
    }
    check(OpenAPIDocument.json)
  }

  @Test("every schema is used by an operation or by another schema")
  func schemasAreUsed() {
    let text = OpenAPIDocument.json.description
    for (name, _) in Components.schemas {
      #expect(text.contains("\"#/components/schemas/\(name)\""), "\(name)")
    }
  }
}
