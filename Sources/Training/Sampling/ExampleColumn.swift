import Datasets
import JSON
import NeuralNetworks
import Tensors

/// A number that every example has, by its name: a column of a table, or an array of its own.
struct ExampleColumn {
  /// Which of the source's inputs it lies in, and where in an example.
  let input: Int
  let element: Int
  /// From the number that a model sees.
  let scaling: Scaling

  /// What keeps a column from saying something of the examples.
  ///
  /// - Parameter fault: what is wrong with its numbers.
  static func faults(
    _ name: String, of source: any ExampleSource, fault: ([Double]) -> String?
  ) -> [(member: String, detail: String)] {
    guard let values = values(of: name, in: source) else {
      let known = source.columnNames
      let list = known.prefix(20).joined(separator: ", ")
      return [
        (
          "column",
          known.isEmpty
            ? "the dataset has no columns of numbers"
            : "\"\(name.prefix(80))\" is no feature of numbers\(nearest(name, among: known)); these are: \(list)"
        )
      ]
    }
    return fault(values).map { [("column", "\"\(name)\": \($0)")] } ?? []
  }

  /// The numbers of all examples, as they were uploaded; `nil` when there is no such column.
  static func values(of name: String, in source: any ExampleSource) -> [Double]? {
    guard let column = source.column(name) else { return nil }
    let width = source.inputs[column.input].shape.count
    let rows = max(1, min(4_096, (1 << 20) / max(width, 1)))
    var values: [Double] = []
    values.reserveCapacity(source.examples)
    var buffer = [Float](repeating: 0, count: rows * width)
    var start = 0
    while start < source.examples {
      let indices = Array(start..<min(source.examples, start + rows))
      buffer.withUnsafeMutableBytes { bytes in
        var places = [UnsafeMutableRawPointer?](repeating: nil, count: source.inputs.count)
        places[column.input] = bytes.baseAddress
        indices.withUnsafeBufferPointer {
          source.gather(
            indices: $0, inputs: places,
            targets: [UnsafeMutableRawPointer?](repeating: nil, count: source.targets.count))
        }
      }
      for row in indices.indices {
        values.append(column.scaling.decode(Double(buffer[row * width + column.element])))
      }
      start += rows
    }
    return values
  }
}

extension ExampleSource {
  /// Where a named number lies; `nil` when there is none of the name.
  func column(_ name: String) -> ExampleColumn? {
    if let dataset = self as? Dataset {
      var element = 0
      for column in dataset.description.featureColumns {
        if column.name == name, case .number(_, let scaling, _) = column.content {
          return ExampleColumn(input: 0, element: element, scaling: scaling)
        }
        element += column.width
      }
    }
    return inputs.firstIndex { $0.name == name && $0.element == .float32 && $0.shape.count == 1 }
      .map { ExampleColumn(input: $0, element: 0, scaling: .identity) }
  }

  /// The names of all such numbers.
  var columnNames: [String] {
    let columns = (self as? Dataset)?.description.featureColumns ?? []
    let numbers = columns.filter { if case .number = $0.content { true } else { false } }
    return numbers.map(\.name)
      + inputs.filter { $0.element == .float32 && $0.shape.count == 1 }.map(\.name)
  }
}
