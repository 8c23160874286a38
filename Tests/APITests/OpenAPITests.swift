import Datasets
import Foundation
import JSON
import NeuralNetworks
import Optimizers
import Testing
import Training

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

  /// Of each catalog of a run's parts its entries, and how one of them is read.
  private static let choices:
    [(kind: String, entries: [CatalogEntry], read: @Sendable (JSON) throws -> Void)] = [
      ("optimizer", OptimizerCatalog.entries, { _ = try OptimizerCatalog.decode($0, pointer: "") }),
      ("schedule", ScheduleCatalog.entries, { _ = try ScheduleCatalog.decode($0, pointer: "") }),
      ("loss", LossCatalog.entries, { _ = try LossCatalog.decode($0, pointer: "") }),
      ("average", WeightAverage.entries, { _ = try WeightAverage($0, pointer: "") }),
      (
        "augmentation", AugmentationCatalog.entries,
        { _ = try AugmentationCatalog.decode([$0], pointer: "") }
      ),
      ("sampling", SamplingCatalog.entries, { _ = try SamplingCatalog.decode($0, pointer: "") }),
      ("split", SplitCatalog.entries, { _ = try SplitRecipe($0) }),
    ]

  @Test(
    "a part's schema has every member that its reader asks for",
    arguments: choices.indices)
  func partsAreWhole(index: Int) throws {
    let choice = OpenAPITests.choices[index]
    for entry in choice.entries {
      let asked = JSON.object(JSONObject([("type", .string(entry.type)), ("no_such", 1)]))
      var faults: Faults?
      do { try choice.read(asked) } catch { faults = error as? Faults }
      let fault = try #require(
        faults?.all.first { $0.detail.contains("unknown field") }, "\(entry.type)")
      let known = try #require(fault.detail.components(separatedBy: "known here: ").last)
      let members = Components.object(of: entry).json["properties"]?.object?.names ?? []
      // Members that every schedule reads, and this one refuses by name.
      let refused = entry.type == "noam" ? ["warmup_shape", "warmup_start"] : []
      let unwritten = Set(known.components(separatedBy: ", ")).subtracting(members + refused)
      #expect(unwritten.isEmpty, "\(choice.kind) \(entry.type)")
    }
  }

  @Test("an editor learns which members an optimizer may have, and what they may hold")
  func optimizersAreWhole() throws {
    let schemas = try #require(OpenAPIDocument.json["components"]?["schemas"])
    let optimizers = try #require(schemas["Optimizer"]?["anyOf"]?.array)
    // The names that may stand alone, then an object for each.
    #expect(optimizers.count == OptimizerCatalog.all.count + 1)
    #expect(optimizers[0]["enum"]?.array?.contains("sam") == false)
    let adam = try #require(
      optimizers.first { $0["properties"]?["type"]?["enum"]?.array?.first == "adam" })
    let rate = try #require(adam["properties"]?["learning_rate"])
    #expect(rate["type"]?.array?.first == "number" || rate["type"] == "number")
    #expect(adam["additionalProperties"] == false)
    let sam = try #require(
      optimizers.first { $0["properties"]?["type"]?["enum"]?.array?.first == "sam" })
    #expect(sam["properties"]?["optimizer"]?["$ref"] == "#/components/schemas/Optimizer")
  }
}
