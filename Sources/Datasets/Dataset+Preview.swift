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
    if let graph { return graphPreview(graph, rows: rows) }
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
    let width = max(1, description.namedInputs.reduce(0) { $0 + $1.input.shape.count })
    let indices = Array(0..<min(rows, max(1, 65_536 / width)))
    let inputs = description.namedInputs.indices.map { shownInputs($0, indices) }
    let targets = description.namedTargets.indices.map { shownTargets($0, indices) }
    let shown = indices.map { row -> JSON in
      var object = JSONObject([("input", inputs[0][row]), ("target", targets[0][row])])
      if let arrays = description.arrays {
        object["inputs"] = .object(
          JSONObject(arrays.inputs.enumerated().map { ($1.name, inputs[$0][row]) }))
        object["targets"] = .object(
          JSONObject(arrays.targets.enumerated().map { ($1.name, targets[$0][row]) }))
      }
      return .object(object)
    }
    return .object(JSONObject([("rows", .array(shown)), ("examples", .integer(examples))]))
  }

  private func shownInputs(_ index: Int, _ rows: [Int]) -> [JSON] {
    let own = description.only(input: index)
    let width = own.input.shape.count
    var numbers = [Float](repeating: 0, count: max(1, rows.count * width))
    numbers.withUnsafeMutableBufferPointer { numbers in
      guard let start = numbers.baseAddress else { return }
      rows.withUnsafeBufferPointer { gatherInputs(indices: $0, input: index, into: start) }
    }
    return rows.indices.map { row in
      let values = (0..<width).map { element in
        number(
          own.scaling(ofElement: element), numbers[row * width + element],
          isByte: own.input.stored == .uint8)
      }
      return Dataset.nested(values[...], shape: own.input.shape)
    }
  }

  private func shownTargets(_ index: Int, _ rows: [Int]) -> [JSON] {
    let own = description.only(input: 0, target: index)
    let width = own.target.shape.count
    var words = [UInt32](repeating: 0, count: max(1, rows.count * width))
    words.withUnsafeMutableBytes { words in
      guard let start = words.baseAddress else { return }
      rows.withUnsafeBufferPointer { gatherTargets(indices: $0, target: index, into: start) }
    }
    return rows.indices.map { row in
      switch own.target {
      case .classes(let names, _):
        let index = Int(Int32(bitPattern: words[row]))
        return names.indices.contains(index) ? .string(names[index]) : .null
      case .sequence(let names, _, let shape):
        // A place without a class holds a negative number.
        let classes = words[row * width..<(row + 1) * width].map { code -> JSON in
          let index = Int(Int32(bitPattern: code))
          return names.indices.contains(index) ? .string(names[index]) : .null
        }
        return Dataset.nested(classes[...], shape: shape)
      case .vector(let shape, _, _):
        let output = (0..<width).map { Float(bitPattern: words[row * width + $0]) }
        return Dataset.nested(
          zip(own.decodeTarget(output), output).map {
            $0 == Double($1) ? shortest($1) : .number($0)
          }[...], shape: shape)
      }
    }
  }

  /// A stored number in the units of the upload.
  private func number(_ scaling: Scaling, _ value: Float, isByte: Bool) -> JSON {
    if scaling == .identity { return shortest(value) }
    let decoded = scaling.decode(Double(value))
    // Bytes come back exactly.
    if isByte { return .integer(Int(decoded.rounded())) }
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
    object["target"] = target.summary
    if let arrays {
      object["inputs"] = .object(
        JSONObject(arrays.inputs.map { ($0.name, $0.input.statistics?.json ?? .null) }))
      object["targets"] = .object(
        JSONObject(arrays.targets.map { ($0.name, $0.target.summary) }))
    }
    return .object(object)
  }
}

extension DatasetDescription.Target {
  fileprivate var summary: JSON {
    var summary = JSONObject([("kind", .string(kind.rawValue))])
    switch self {
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
    return .object(summary)
  }
}

extension Dataset {
  public var statistics: JSON { description.statistics }

  /// See `DatasetDescription.encode(rows:pointer:)`.
  public func encode(rows: [JSON], pointer: String = "/inputs") throws(Faults) -> Tensor {
    try description.encode(rows: rows, pointer: pointer)
  }
}
