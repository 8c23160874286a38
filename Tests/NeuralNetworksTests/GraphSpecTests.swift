import Autodiff
import JSON
import Tensors
import Testing

@testable import NeuralNetworks

/// Models on graphs: what their specs may say, and what is wrong with others.
@Suite struct GraphSpecTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let input: JSON
    let layers: JSON
    let faults: [(pointer: String, detail: String)]

    init(
      _ name: String, input: JSON = ["shape": [5], "graph": true], _ layers: JSON,
      _ faults: [(pointer: String, detail: String)]
    ) {
      testDescription = name
      self.input = input
      self.layers = layers
      self.faults = faults
    }
  }

  static let cases = [
    Case(
      "a graph layer without a graph", input: ["shape": [5]], [["type": "graph_conv", "units": 3]],
      [("/layers/0", "says \"graph\": true")]),
    Case(
      "vertices of two axes", input: ["shape": [5, 2], "graph": true],
      [["type": "graph_conv", "units": 3]], [("/layers/0", "graph_conv needs [D]")]),
    Case(
      "tokens", input: ["shape": [5], "graph": true, "dtype": "int32", "vocabulary": 9],
      [["type": "embedding", "dimensions": 3]],
      [("/input/graph", "the features of vertices are numbers")]),
    Case(
      "a graph that is a number", input: ["shape": [5], "graph": 3], [["type": "graph_readout"]],
      [("/input/graph", "expected true, or an object"), ("/layers/0", "works on the vertices")]),
    Case(
      "misspelt members of a graph", input: ["shape": [5], "graph": ["edge_featurs": 3]],
      [["type": "graph_conv", "units": 3]],
      [("/input/graph/edge_featurs", "did you mean \"edge_features\"")]),
    Case(
      "edge features that aren't there",
      [["type": "graph_attention", "units": 3, "edge_features": true]],
      [("/layers/0/edge_features", "the model's graph has no edge features")]),
    Case(
      "weights of two numbers", input: ["shape": [5], "graph": ["edge_features": 2]],
      [["type": "graph_conv", "units": 3, "edge_weights": true]],
      [("/layers/0/edge_weights", "edges of 2 features")]),
    Case(
      "too many features of heads",
      [["type": "graph_attention", "units": 65_536, "heads": 2]],
      [("/layers/0/heads", "are 131072 features")]),
    Case(
      "a graph layer behind a readout",
      [["type": "graph_readout"], ["type": "graph_sage", "units": 3]],
      [("/layers/1", "graph_sage stands before graph_readout")]),
    Case(
      "vertices and graphs joined",
      [
        ["type": "graph_conv", "units": 5, "name": "a"], ["type": "graph_readout", "name": "b"],
        ["type": "add", "inputs": ["a", "b"]],
      ], [("/layers/2/inputs", "some inputs are of vertices, others of graphs")]),
    Case(
      "hidden units that are none",
      [["type": "graph_isomorphism", "units": 3, "hidden_units": [4, "x"]]],
      [("/layers/0/hidden_units", "expected integers")]),
    Case(
      "an aggregation that is none",
      [["type": "graph_sage", "units": 3, "aggregation": "median"]],
      [("/layers/0/aggregation", "mean, sum, max")]),
  ]

  @Test("what is wrong with a model on a graph is told with its place", arguments: cases)
  func faults(used: Case) {
    let faults = #expect(throws: Faults.self) {
      try Model(ModelSpec(["input": used.input, "layers": used.layers]))
    }
    for (pointer, detail) in used.faults {
      #expect(
        faults?.all.contains { $0.pointer == pointer && $0.detail.contains(detail) } == true,
        "\(pointer): \(detail) in \(String(describing: faults))")
    }
    #expect(faults?.all.count == used.faults.count)
  }

  @Test("a spec with all defaults written out gives the same model")
  func normalForm() throws {
    let layers: JSON = [
      ["type": "graph_conv", "units": 6, "activation": "relu"],
      ["type": "graph_attention", "units": 2, "heads": 3, "edge_features": true, "version": 2],
      ["type": "graph_sage", "units": 6, "aggregation": "max", "pool_units": 4],
      ["type": "graph_isomorphism", "units": 4, "hidden_units": 3, "train_epsilon": true],
      ["type": "graph_readout", "aggregation": "mean"], ["type": "dense", "units": 2],
    ]
    let model = try Model(
      ModelSpec(["input": ["shape": [5], "graph": ["edge_features": 3]], "layers": layers]))
    let again = try Model(ModelSpec(model.spec.json))
    #expect(again.spec.json == model.spec.json)
    #expect(again.parameters == model.parameters)
    #expect(model.readsOut && model.graph == GraphInputSpec(edgeFeatures: 3))
    #expect(
      model.parameters.map(\.name).prefix(4) == [
        "graph_conv_0.bias", "graph_conv_0.lin.weight", "graph_attention_1.att",
        "graph_attention_1.bias",
      ])
  }

  @Test("a layer that needs all features is named, behind dropouts too")
  func denseLayers() throws {
    func layer(_ layers: JSON) throws -> String? {
      try Model(ModelSpec(["input": ["shape": [5], "graph": true], "layers": layers])).denseLayer?
        .name
    }
    let last: JSON = ["type": "dense", "units": 2]
    #expect(try layer([["type": "dropout"], ["type": "graph_conv", "units": 3], last]) == nil)
    #expect(try layer([["type": "layer_norm", "name": "norm"], last]) == "norm")
    #expect(
      try layer([
        ["type": "dropout"], ["type": "dropout"], ["type": "batch_norm", "name": "b"], last,
      ])
        == "b")
    #expect(
      try layer([["type": "graph_sage", "units": 3, "aggregation": "max", "name": "s"], last])
        == "s")
    #expect(try layer([["type": "dropout", "name": "only"]]) == "only")
  }

  @Test("an index knows its entries by rows and by columns")
  func sparseIndex() {
    let index = SparseIndex(
      rows: [0, 0, 2, 2, 2], columns: [3, 1, 0, 3, 3], rowCount: 3, columnCount: 4)
    #expect(index.rowOffsets.elements(of: Int32.self) == [0, 2, 2, 5])
    #expect(index.columnOffsets.elements(of: Int32.self) == [0, 1, 2, 2, 5])
    #expect(index.columnOrder.elements(of: Int32.self) == [2, 1, 0, 3, 4])
  }

  @Test("a topology adds a loop where there is none")
  func loops() {
    let topology = GraphTopology(vertices: 3, sources: [2, 1, 0], targets: [0, 1, 1])
    let looped = topology.loopedEdges
    #expect(looped.rows.elements(of: Int32.self) == [0, 0, 1, 1, 2])
    #expect(looped.columns.elements(of: Int32.self) == [2, 0, 1, 0, 2])
    #expect(topology.loopOrigins.elements(of: Int32.self) == [0, 3, 1, 2, 5])
  }
}
