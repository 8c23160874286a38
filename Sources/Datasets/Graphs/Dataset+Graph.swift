import Foundation
import JSON
import Tensors

extension Dataset {
  /// Writes the features of one vertex, the stored and the others.
  func vertexFeatures(_ vertex: Int, of graph: GraphFile, into output: UnsafeMutablePointer<Float>)
  {
    let width = inputShape.count
    guard graph.description.storedFeatures != nil else {
      if let source = denseFeatures.baseAddress {
        output.update(from: source + vertex * width, count: width)
      }
      return
    }
    output.update(repeating: 0, count: width)
    let rows = graph.featureRows
    // The first stored element of the vertex, by bisection.
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if Int(rows[middle]) < vertex { low = middle + 1 } else { high = middle }
    }
    while low < rows.count, Int(rows[low]) == vertex {
      let column = Int(graph.featureColumns[low])
      if column >= 0, column < width { output[column] += graph.featureValues[low] }
      low += 1
    }
  }

  /// The first examples: of a vertex its features, of a graph how many vertices it has, and the target.
  func graphPreview(_ graph: GraphFile, rows: Int) -> JSON {
    let width = max(1, inputShape.count)
    let indices = Array(0..<min(rows, max(1, 65_536 / width)))
    var targets = [UInt32](repeating: 0, count: indices.count * max(1, target.shape.count))
    targets.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress {
        indices.withUnsafeBufferPointer { gatherTargets(indices: $0, into: base) }
      }
    }
    var numbers = [Float](repeating: 0, count: width)
    let shown = indices.map { index -> JSON in
      let input: JSON
      if graph.description.graphs == nil {
        numbers.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { vertexFeatures(index, of: graph, into: base) }
        }
        input = .array(numbers.map { .number(Double($0.description) ?? Double($0)) })
      } else {
        let count = graph.ofVertices.count { Int($0) == index }
        input = ["vertices": .integer(count)]
      }
      return .object(JSONObject([("input", input), ("target", targetPreview(targets, index))]))
    }
    return .object(JSONObject([("rows", .array(shown)), ("examples", .integer(examples))]))
  }

  private func targetPreview(_ targets: [UInt32], _ row: Int) -> JSON {
    let names = target.classes
    guard names.isEmpty else {
      let index = Int(targets[row])
      return names.indices.contains(index) ? .string(names[index]) : .null
    }
    let width = max(1, target.shape.count)
    let output = (0..<width).map { Float(bitPattern: targets[row * width + $0]) }
    return .array(description.decodeTarget(output).map { .number($0) })
  }
}
