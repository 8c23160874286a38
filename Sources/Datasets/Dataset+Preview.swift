import Foundation
import JSON
import Tensors

extension Dataset {
  /// The first rows as they were uploaded: `{"columns": […], "rows": [[…], …], "examples": n}`.
  ///
  /// Tables show the text of all their columns, of at most a hundred rows; arrays show
  /// `{"input": nested arrays, "target": …}` of at most a hundred examples, and few when they're large.
  public func preview(rows: Int) -> JSON {
    let rows = max(0, min(rows, 100, examples))
    if let tokens { return textPreview(tokens, rows: rows) }
    if description.columns.isEmpty { return arrayPreview(rows: rows) }
    let file = directory.appendingPathComponent(FileName.preview)
    let stored = (try? Data(contentsOf: file)).flatMap { try? JSON(parsing: $0) }
    let shown = (stored?.array ?? []).prefix(rows)
    return .object(
      JSONObject([
        ("columns", .array(description.columns.map { .string($0.name) })),
        ("rows", .array(Array(shown))), ("examples", .integer(examples)),
      ]))
  }

  private func arrayPreview(rows: Int) -> JSON {
    // An example of a million numbers is a page already.
    let width = max(1, inputShape.count)
    let indices = Array(0..<min(rows, max(1, 65_536 / width)))
    var inputs = [Float](repeating: 0, count: indices.count * width)
    let targetWidth = target.shape.count
    var targets = [UInt32](repeating: 0, count: indices.count * max(1, targetWidth))
    inputs.withUnsafeMutableBufferPointer { inputs in
      targets.withUnsafeMutableBytes { targets in
        if let start = inputs.baseAddress, let targetStart = targets.baseAddress {
          gather(indices: indices, inputs: start, targets: targetStart)
        }
      }
    }
    let shown = indices.map { row -> JSON in
      let values = (0..<width).map { element in
        number(description.scaling(ofElement: element), inputs[row * width + element])
      }
      let targetValue: JSON
      switch target {
      case .classes(let names, _):
        targetValue = .string(names[Int(targets[row])])
      case .sequence(let names, _, let shape):
        // A place without a class holds a negative number.
        let classes = targets[row * targetWidth..<(row + 1) * targetWidth].map { code -> JSON in
          let index = Int(Int32(bitPattern: code))
          return names.indices.contains(index) ? .string(names[index]) : .null
        }
        targetValue = Dataset.nested(classes[...], shape: shape)
      case .vector(let shape, _, _):
        let output = (0..<targetWidth).map { Float(bitPattern: targets[row * targetWidth + $0]) }
        let numbers = description.decodeTarget(output)
        targetValue = Dataset.nested(
          zip(numbers, output).map { $0 == Double($1) ? shortest($1) : .number($0) }[...],
          shape: shape)
      }
      return .object(
        JSONObject([
          ("input", Dataset.nested(values[...], shape: inputShape)), ("target", targetValue),
        ]))
    }
    return .object(JSONObject([("rows", .array(shown)), ("examples", .integer(examples))]))
  }

  /// A stored number in the units of the upload.
  private func number(_ scaling: Scaling, _ value: Float) -> JSON {
    if scaling == .identity { return shortest(value) }
    let decoded = scaling.decode(Double(value))
    // Bytes come back exactly.
    if description.input.stored == .uint8 { return .integer(Int(decoded.rounded())) }
    return shortest(Float(decoded))
  }

  /// A float with the digits that tell it from other floats, rather than from other doubles.
  private func shortest(_ value: Float) -> JSON {
    .number(Double(value.description) ?? Double(value))
  }

  /// Numbers in row-major order as nested arrays.
  private static func nested(_ values: ArraySlice<JSON>, shape: Shape) -> JSON {
    guard shape.rank > 0 else { return values.first ?? .null }
    if shape.rank == 1 { return .array(Array(values)) }
    let size = values.count / max(1, shape[0])
    return .array(
      (0..<shape[0]).map { index in
        let start = values.startIndex + index * size
        return nested(values[start..<start + size], shape: shape.dropFirst())
      })
  }
}

extension DatasetDescription {
  /// Counts, means, deviations and extremes, and how the classes are balanced.
  ///
  /// All were taken by the import, over every example and before scaling.
  public var statistics: JSON {
    var object = JSONObject([("examples", .integer(examples))])
    if let statistics = input.statistics { object["input"] = statistics.json }
    if !columns.isEmpty {
      object["columns"] = .array(columns.filter { $0.role != .ignored }.map(\.json))
    }
    var summary = JSONObject([("kind", .string(target.kind.rawValue))])
    switch target {
    case .classes(let names, let counts), .sequence(let names, let counts, _):
      let total = max(counts.reduce(0, +), 1)
      summary["classes"] = .array(
        zip(names, counts).map { name, count in
          .object(
            JSONObject([
              ("name", .string(name)), ("count", .integer(count)),
              ("fraction", .number(Double(count) / Double(total))),
            ]))
        })
    case .vector(_, _, let statistics):
      summary["values"] = .array(statistics.map(\.json))
    }
    object["target"] = .object(summary)
    return .object(object)
  }
}

extension Dataset {
  public var statistics: JSON { description.statistics }

  /// See `DatasetDescription.encode(rows:pointer:)`.
  public func encode(rows: [JSON], pointer: String = "/inputs") throws(Faults) -> Tensor {
    try description.encode(rows: rows, pointer: pointer)
  }
}
