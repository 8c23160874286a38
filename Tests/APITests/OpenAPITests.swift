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
    let document = OpenAPIDocument.json
    func check(_ value: JSON) {
      switch value {
      case .object(let object):
        if let reference = object["$ref"]?.string {
          var target: JSON? = document
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
    check(document)
  }

  @Test("every answer of JSON that has a schema of its own has an example")
  func answersHaveExamples() {
    for endpoint in EndpointTable.all {
      for answer in endpoint.answers {
        for (mediaType, schema) in answer.content where mediaType == MediaType.json {
          guard schema.json["$ref"] != nil else { continue }
          #expect(RecordedAnswers.examples(of: schema) != nil, "\(endpoint.operationID)")
        }
      }
    }
    for (name, _) in RecordedAnswers.all {
      let isKnown =
        Components.schemas.contains { $0.name == name }
        || ProblemKind.allCases.contains { $0.rawValue == name }
      #expect(isKnown, "\(name): run scripts/examples")
    }
  }

  @Test("an answer that tells of something new leads on to it")
  func answersLeadOn() throws {
    let paths = try #require(OpenAPIDocument.json["paths"])
    let links = try #require(paths["/v1/runs"]?["post"]?["responses"]?["202"]?["links"]?.object)
    #expect(links["getRun"]?["parameters"] == ["id": "$response.body#/id"])
    #expect(links["getGradients"] != nil && links["cancelRun"] == nil)
    #expect(paths["/v1/runs:import"]?["post"]?["responses"]?["201"]?["links"]?["getRun"] != nil)
    #expect(paths["/v1/runs"]?["get"]?["responses"]?["200"]?["links"] == nil)
  }

  @Test("every schema is used by an operation or by another schema")
  func schemasAreUsed() {
    let text = OpenAPIDocument.json.description
    for (name, _) in Components.schemas {
      #expect(text.contains("\"#/components/schemas/\(name)\""), "\(name)")
    }
  }
}
