import Foundation
import JSON
import Tensors
import Testing

@testable import Datasets

/// Graphs in their forms: `Fixtures/make_graph.py` writes the arrays.
@Suite("Graphs")
struct GraphImportTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func part(_ name: String, _ file: String? = nil) -> DatasetImporter.Part {
    DatasetImporter.Part(name: name, file: Fixture.file("graph/\(file ?? "\(name).npy")"))
  }

  private func part(_ name: String, text: String) throws -> DatasetImporter.Part {
    DatasetImporter.Part(name: name, file: try workspace.file(text, name: name))
  }

  private func imported(
    _ parts: [DatasetImporter.Part], _ query: [String: String] = [:]
  ) throws -> Dataset {
    let directory = workspace.folder.appendingPathComponent("dataset-\(UUID().uuidString)")
    let importer = DatasetImporter(options: try ImportOptions(query: query))
    do {
      let description = try importer.run(parts: parts, into: directory)
      let dataset = try Dataset.open(directory: directory)
      #expect(dataset.description == description)
      return dataset
    } catch {
      #expect(
        !FileManager.default.fileExists(atPath: directory.path), "a failure left files behind")
      throw error
    }
  }

  private func edges(_ dataset: Dataset) throws -> [[Int32]] {
    let graph = try #require(dataset.graph)
    return zip(graph.sources, graph.targets).map { [$0, $1] }
  }

  private let dense: [Float] = [0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4, 0, 0, 0, 0.5]
  /// Both directions of each, by target and then source, the second (0, 1) and (2, 1) left out.
  private let both: [[Int32]] = [[1, 0], [0, 1], [2, 1], [1, 2], [2, 2], [4, 3], [3, 4]]

  @Test("dense and sparse features are the same ones")
  func features() throws {
    let parts = [part("edges"), part("targets")]
    for (file, query, stored) in [
      ("features.npy", [:], nil), ("features.npy", ["sparse": "true"], 5), ("features.npz", [:], 5),
      ("features.npz", ["sparse": "false"], nil),
    ] as [(String, [String: String], Int?)] {
      let dataset = try imported(parts + [part("features", file)], query)
      #expect(dataset.description.format == .graph)
      #expect(dataset.graph?.description.storedFeatures == stored, "\(file) \(query)")
      #expect(dataset.allInputs == dense)
      #expect(dataset.inputShape == [4])
      #expect(dataset.allTargets(Int32.self) == [1, 0, 1, 1, 0])
      #expect(dataset.target == .classes(names: ["0", "1"], counts: [2, 3]))
    }
  }

  @Test("rows are divided by their sums when that's asked, and rows of zeros stay")
  func normalization() throws {
    for sparse in ["true", "false"] {
      let dataset = try imported(
        [part("features"), part("edges"), part("targets")],
        ["normalize_rows": "true", "sparse": sparse])
      #expect(
        dataset.allInputs
          == [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0.5, 0, 0, 0, 1])
    }
  }

  @Test("edges go both ways unless they are directed, and what is given twice counts once")
  func edgeList() throws {
    for file in ["edges.npy", "edges_across.npy"] {
      let dataset = try imported([part("features"), part("edges", file), part("targets")])
      #expect(try edges(dataset) == both)
      let graph = try #require(dataset.graph?.description)
      #expect(graph.edges == 7 && graph.duplicateEdges == 2 && graph.selfLoops == 1)
      #expect(!graph.isDirected && graph.edgeFeatures == 0 && graph.graphs == nil)
    }
    let directed = try imported(
      [part("features"), part("edges"), part("targets")], ["directed": "true"])
    #expect(try edges(directed) == [[0, 1], [2, 1], [1, 2], [2, 2], [3, 4]])
    #expect(directed.graph?.description.duplicateEdges == 1)
  }

  @Test("edges with features keep them in both directions, also where an edge comes twice")
  func edgeFeatures() throws {
    let dataset = try imported(
      [part("features"), part("edges"), part("targets"), part("edge_features")])
    let graph = try #require(dataset.graph)
    #expect(graph.description.edgeFeatures == 2 && graph.description.duplicateEdges == 0)
    let found = try zip(edges(dataset), 0...).map { edge, row in
      edge.map(Float.init) + Array(graph.edgeFeatures[2 * row..<2 * row + 2])
    }
    #expect(
      found == [
        [1, 0, 0, 0.5], [1, 0, 5, 5.5], [0, 1, 0, 0.5], [0, 1, 5, 5.5], [2, 1, 2, 2.5],
        [2, 1, 1, 1.5], [1, 2, 1, 1.5], [1, 2, 2, 2.5], [2, 2, 3, 3.5], [4, 3, 4, 4.5],
        [3, 4, 4, 4.5],
      ])
  }

  @Test("masks say what each example is for")
  func masks() throws {
    let parts = [part("features"), part("edges"), part("targets")]
    let all = try #require(try imported(parts).graph)
    #expect(all.examples(.training) == [0, 1, 2, 3, 4] && all.examples(.test).isEmpty)
    let masked = try #require(
      try imported(parts + [part("train_mask"), part("validation_mask"), part("test_mask")]).graph)
    #expect(masked.examples(.training) == [0, 2])
    #expect(masked.examples(.validation) == [1] && masked.examples(.test) == [3])
    let rest = try #require(try imported(parts + [part("test_mask")]).graph)
    #expect(rest.examples(.training) == [0, 1, 2, 4])
  }

  @Test("targets may be of graphs")
  func graphs() throws {
    let dataset = try imported([
      part("features"), part("edges"), part("targets", "targets_of_graphs.npy"), part("graphs"),
    ])
    #expect(dataset.examples == 2 && dataset.graph?.description.graphs == 2)
    #expect(dataset.allTargets(Float.self) == [0.5, -1.5])
    #expect(dataset.graph.map { Array($0.ofVertices) } == [0, 0, 0, 1, 1])
    #expect(dataset.preview(rows: 1)["rows"]?[0]?["input"]?["vertices"] == 3)
  }

  @Test("three tables make a graph: the indices of ones, pairs, and labels with a split")
  func tables() throws {
    let dataset = try imported([
      part("features", text: "node,active_feature_indices\n0,1 3\n1,\n2,0\n"),
      part("edges", text: "src,dst\n0,1\n2,1\n"),
      part("targets", text: "node,label,split\n0,b,train\n1,a,val\n2,b,test\n"),
    ])
    #expect(dataset.allInputs == [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0])
    #expect(dataset.target == .classes(names: ["a", "b"], counts: [1, 2]))
    #expect(dataset.allTargets(Int32.self) == [1, 0, 1])
    #expect(dataset.graph?.examples(.validation) == [1])
    #expect(dataset.graph?.examples(.test) == [2])
    #expect(try edges(dataset) == [[1, 0], [0, 1], [2, 1], [1, 2]])
    let numbers = try imported([
      part("features", text: "1.5,2\n0,3\n"), part("edges", text: "0,1\n"),
      part("targets", text: "0.5\n1.25\n"),
    ])
    #expect(numbers.allInputs == [1.5, 2, 0, 3])
    #expect(numbers.allTargets(Float.self) == [0.5, 1.25])
  }

  @Test("without features a vertex is known by itself alone")
  func identity() throws {
    let parts = [
      try part("edges", text: "src,dst\n0,1\n2,1\n"),
      try part("targets", text: "node,club\n0,b\n1,a\n2,b\n"),
    ]
    let dataset = try imported(parts, ["target": "club"])
    #expect(dataset.inputShape == [3] && dataset.allInputs == [1, 0, 0, 0, 1, 0, 0, 0, 1])
    #expect(dataset.target == .classes(names: ["a", "b"], counts: [1, 2]))
    let error = #expect(throws: DatasetError.self) {
      try imported([parts[0], part("targets", text: "a\nb\n")])
    }
    #expect(error?.part == "targets")
  }

  @Test("the text pair of citation networks makes a graph, and unknown papers are counted")
  func planetoid() throws {
    let dataset = try imported([
      part(
        "content", text: "31336\t0\t0\t1\tNeural\n1061127\t1\t0\t0\tRules\n7\t0\t0\t0\tNeural\n"),
      part("cites", text: "31336\t1061127\n31336\t7\n99\t7\n"),
    ])
    #expect(dataset.allInputs == [0, 0, 1, 1, 0, 0, 0, 0, 0])
    #expect(dataset.target == .classes(names: ["Neural", "Rules"], counts: [2, 1]))
    #expect(try edges(dataset) == [[1, 0], [2, 0], [0, 1], [0, 2]])
    #expect(dataset.graph?.description.unknownEdges == 1)
  }

  /// What is sent, and a part of what is answered, with the part and row it is about.
  struct Fault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The file of each part but those that are right.
    let parts: [String: String?]
    let message: String
    let part: String?
    let row: Int?

    init(
      _ name: String, _ parts: [String: String?], _ message: String, part: String? = nil,
      row: Int? = nil
    ) {
      testDescription = name
      self.parts = parts
      self.message = message
      self.part = part
      self.row = row
    }
  }

  static let faults = [
    Fault(
      "an edge out of range", ["edges": "edges_out_of_range.npy"],
      "there are 5 vertices, from 0 to 4", part: "edges", row: 2),
    Fault(
      "an edge below 0", ["edges": "edges_negative.npy"], "edge 2 has an end at -1", part: "edges",
      row: 2),
    Fault(
      "fewer vertices than edges say", ["features": "features_of_four.npy"],
      "there are 4 vertices", part: "edges", row: 5),
    Fault(
      "targets of others", ["targets": "targets_of_graphs.npy"], "there are 5 vertices",
      part: "targets"),
    Fault(
      "masks that overlap", ["train_mask": "train_mask.npy", "test_mask": "overlapping_mask.npy"],
      "is in the mask of training too", part: "test_mask", row: 3),
    Fault(
      "a mask of another length", ["train_mask": "short_mask.npy"], "has shape [3]",
      part: "train_mask"),
    Fault(
      "a mask of indices", ["train_mask": "edges.npy"], "has shape [6, 2]", part: "train_mask"),
    Fault(
      "features of fewer edges", ["edge_features": "edge_features_of_five.npy"],
      "there are 6 edges", part: "edge_features"),
    Fault(
      "indices that are no features", ["features": "bad_indices.npz"], "is none of 4 features",
      part: "features", row: 2),
    Fault(
      "graphs with a gap",
      ["graphs": "graphs_with_a_gap.npy", "targets": "targets_of_graphs.npy"],
      "graph 1 has no vertex", part: "graphs"),
    Fault("no edges", ["edges": nil], "the part edges of the graph is missing"),
    Fault("no targets", ["targets": nil], "the part targets of the graph is missing"),
  ]

  @Test("what is wrong is told with its part and row", arguments: faults)
  func refusals(fault: Fault) throws {
    var files: [String: String?] = [
      "features": "features.npy", "edges": "edges.npy", "targets": "targets.npy",
    ]
    for (name, file) in fault.parts { files[name] = file }
    let parts = files.compactMap { name, file in file.map { part(name, $0) } }
    let error = #expect(throws: DatasetError.self) {
      try imported(parts.sorted { ($0.name ?? "") < ($1.name ?? "") }, ["format": "graph"])
    }
    #expect(error?.description.contains(fault.message) == true, "\(String(describing: error))")
    #expect(error?.part == fault.part)
    #expect(error?.row == fault.row)
  }

  @Test("text that is no graph is refused with its row and column")
  func textRefusals() throws {
    func features() throws -> DatasetImporter.Part {
      try part("features", text: "node,active_feature_indices\n0,1\n1,0\n")
    }
    let targets = try part("targets", text: "node,label,split\n0,a,train\n1,b,test\n")
    func refusal(_ parts: [DatasetImporter.Part]) -> DatasetError? {
      #expect(throws: DatasetError.self) { try imported(parts, ["format": "graph"]) }
    }
    let range = try refusal([features(), part("edges", text: "src,dst\n0,1\n0,2\n"), targets])
    #expect(range?.row == 3 && range?.column == 2 && range?.part == "edges")
    let order = try refusal([
      part("features", text: "node,active_feature_indices\n1,1\n0,0\n"),
      part("edges", text: "0,1\n"), targets,
    ])
    #expect(order?.row == 2 && order?.message.contains("sort the rows") == true)
    let split = try refusal([
      features(), part("edges", text: "0,1\n"),
      part("targets", text: "node,label,split\n0,a,train\n1,b,often\n"),
    ])
    #expect(split?.row == 3 && split?.message.contains("one of train, val, test") == true)
    let targetsAgain = try part("targets", text: "node,label,split\n0,a,train\n1,b,test\n")
    let both = try refusal([
      features(), part("edges", text: "0,1\n"), targetsAgain, part("train_mask", "short_mask.npy"),
    ])
    #expect(both?.part == "train_mask")
    #expect(try refusal([features()])?.code == .option)
  }

  @Test("a graph can't stand in for a table, nor a table for a graph")
  func adaptation() throws {
    let graph = try imported([part("features"), part("edges"), part("targets")])
    let table = try workspace.imported(
      text: "a,b,c,d,y\n1,2,3,4,0\n2,3,4,5,1\n", ["target_kind": "class"])
    #expect(throws: DatasetError.self) { try graph.adapted(to: table.description) }
    let option = try workspace.refusal(text: "a,y\n1,0\n", ["directed": "true"])
    #expect(option?.message.contains("is for graphs") == true)
    #expect(throws: DatasetError.self) { try table.adapted(to: graph.description) }
    #expect(try graph.adapted(to: graph.description) === graph)
  }

  @Test("a file cut short or changed is noticed when it's opened")
  func damage() throws {
    let dataset = try imported([part("features"), part("edges"), part("targets")])
    let file = dataset.directory.appendingPathComponent(GraphFile.name)
    var bytes = [UInt8](try Data(contentsOf: file))
    bytes[3] = 0x7F
    try Data(bytes).write(to: file)
    #expect(throws: DatasetError.self) { try Dataset.open(directory: dataset.directory) }
    try Data(bytes.dropLast()).write(to: file)
    #expect(throws: DatasetError.self) { try Dataset.open(directory: dataset.directory) }
  }
}
