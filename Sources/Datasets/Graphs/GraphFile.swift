import Foundation
import Tensors

/// A graph as it lies on the disk: one section after the other, each of numbers of four bytes.
///
/// ```
/// sources [E]  targets [E]  edge features [E, F]  graph of each vertex [V]  use of each example [N]
/// row [S]  column [S]  value [S] of the stored features
/// ```
public final class GraphFile: Sendable {
  static let name = "graph.bin"

  public let description: GraphDescription
  private let examples: Int
  private let file: MappedFile

  init(
    directory: URL, description: GraphDescription, examples: Int
  ) throws(DatasetError) {
    self.description = description
    self.examples = examples
    file = try MappedFile(directory.appendingPathComponent(GraphFile.name))
    guard file.bytes.count == 4 * sections.reduce(0, +) else {
      throw DatasetError(
        .storage, "a file of \(directory.path) has the wrong length; import the dataset again")
    }
    let vertices = Int32(clamping: description.vertices)
    let graphs = Int32(clamping: description.graphs ?? 1)
    let isSound =
      sources.allSatisfy { 0 <= $0 && $0 < vertices }
      && targets.allSatisfy { 0 <= $0 && $0 < vertices }
      && zip(targets, targets.dropFirst()).allSatisfy { $0 <= $1 }
      && ofVertices.allSatisfy { 0 <= $0 && $0 < graphs }
      && featureRows.allSatisfy { 0 <= $0 && $0 < vertices }
      && zip(featureRows, featureRows.dropFirst()).allSatisfy { $0 <= $1 }
    guard isSound else {
      throw DatasetError(
        .storage, "a file of \(directory.path) is damaged; import the dataset again")
    }
  }

  /// Elements of each section.
  private var sections: [Int] {
    let stored = description.storedFeatures ?? 0
    return [
      description.edges, description.edges, description.edges * description.edgeFeatures,
      description.graphs == nil ? 0 : description.vertices, examples, stored, stored, stored,
    ]
  }

  private func section<Element: BitwiseCopyable>(
    _ index: Int, _ type: Element.Type
  ) -> UnsafeBufferPointer<Element> {
    let start = 4 * sections[..<index].reduce(0, +)
    let bytes = UnsafeRawBufferPointer(
      rebasing: file.bytes[start..<start + 4 * sections[index]])
    return bytes.bindMemory(to: type)
  }

  /// Where each edge comes from and where it goes to, in the order of the targets.
  public var sources: UnsafeBufferPointer<Int32> { section(0, Int32.self) }
  public var targets: UnsafeBufferPointer<Int32> { section(1, Int32.self) }
  /// `[E, F]`.
  public var edgeFeatures: UnsafeBufferPointer<Float> { section(2, Float.self) }
  /// The graph of each vertex; none when they make one.
  public var ofVertices: UnsafeBufferPointer<Int32> { section(3, Int32.self) }
  /// Row, column and value of each stored feature, in the order of the rows; none when they are dense.
  public var featureRows: UnsafeBufferPointer<Int32> { section(5, Int32.self) }
  public var featureColumns: UnsafeBufferPointer<Int32> { section(6, Int32.self) }
  public var featureValues: UnsafeBufferPointer<Float> { section(7, Float.self) }

  /// The examples that are for something, in their order.
  public enum Use: Int32, Sendable {
    case training = 1
    case validation, test
  }

  public func examples(_ use: Use) -> ExampleSet {
    let uses = section(4, Int32.self)
    return ExampleSet(examples: uses.count) { uses[$0] == use.rawValue }
  }

  /// Writes a graph's file.
  static func write(
    to file: URL, edges: GraphEdges, ofVertices: [Int32], masks: GraphMasks,
    features: VertexFeatures
  ) throws(DatasetError) {
    let output = try OutputFile(file)
    try output.append(edges.sources)
    try output.append(edges.targets)
    try output.append(edges.features)
    try output.append(ofVertices)
    try output.append(masks.uses.map { Int32($0.rawValue) })
    if case .sparse(let rows, let columns, let values) = features.elements {
      try output.append(rows)
      try output.append(columns)
      try output.append(values)
    }
    try output.finish()
  }
}
