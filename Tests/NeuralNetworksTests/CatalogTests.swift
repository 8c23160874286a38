import JSON
import NeuralNetworks
import Testing

@Suite struct CatalogTests {
  static let entries = NeuralNetworkCatalog.members.flatMap { member in
    member.entries.map { (member.name, $0) }
  }

  @Test("every entry says what it is, its formula and its source", arguments: entries.indices)
  func isDocumented(index: Int) {
    let (catalog, entry) = Self.entries[index]
    #expect(entry.summary.hasSuffix("."), "\(catalog)/\(entry.type)")
    #expect(entry.summary.count <= 150)
    #expect(!entry.formula.isEmpty && !entry.source.isEmpty)
    for field in entry.fields { #expect(!field.summary.isEmpty, "\(entry.type)/\(field.name)") }
    if catalog == "layers" || catalog == "losses" { #expect(entry.shapes != nil) }
  }

  @Test("names and aliases are unique within a catalog")
  func unique() {
    for (catalog, entries) in NeuralNetworkCatalog.members {
      let names = entries.flatMap { [$0.type] + $0.aliases }
      #expect(Set(names).count == names.count, "\(catalog): \(names)")
    }
  }

  @Test("the names are those the contract promises")
  func promised() {
    let members = Dictionary(
      uniqueKeysWithValues: NeuralNetworkCatalog.members.map { ($0.name, $0.entries.map(\.type)) })
    #expect(
      Set(members["layers"] ?? []).isSuperset(of: [
        "dense", "activation", "flatten", "dropout", "conv2d", "max_pool2d", "embedding",
        "batch_norm",
      ]))
    #expect(
      Set(members["activations"] ?? []).isSuperset(of: [
        "relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "swish", "softmax", "identity",
      ]))
    #expect(
      Set(members["losses"] ?? []).isSuperset(of: [
        "cross_entropy", "binary_cross_entropy", "mean_squared_error",
      ]))
    #expect(
      Set(members["initializers"] ?? []).isSuperset(of: [
        "glorot_uniform", "glorot_normal", "he_uniform", "he_normal",
      ]))
  }

  @Test("the catalog is JSON that reads back")
  func readsBack() throws {
    let json = NeuralNetworkCatalog.json
    #expect(try JSON(parsing: json.encoded(pretty: true)) == json)
    #expect(json["layers"]?[0]?["parameters"]?[0]?["maximum"] == 65_536)
    #expect(json["layers"]?[0]?["parameters"]?[0]?["required"] == true)
    let dropout = json["layers"]?.array?.first { $0["type"] == "dropout" }
    #expect(dropout?["parameters"]?[0]?["default"] == 0.5)
  }
}
