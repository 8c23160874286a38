import Tensors

/// The features of a graph's vertices: all elements, or those that aren't 0.
struct VertexFeatures {
  enum Elements {
    case dense([Float])
    /// In the order of the rows.
    case sparse(rows: [Int32], columns: [Int32], values: [Float])
  }

  private(set) var vertices: Int
  private(set) var width: Int
  private(set) var elements: Elements

  /// Where fewer than one of so many elements is not 0, only those are kept.
  private static let sparseBelow = 10

  init(vertices: Int, width: Int, elements: Elements) {
    self.vertices = vertices
    self.width = width
    self.elements = elements
  }

  /// Reads the part `features`.
  init(_ part: GraphPart, options: ImportOptions, limits: ImportLimits) throws(DatasetError) {
    switch part.kind {
    case .array: self = try VertexFeatures.array(part, limits)
    case .archive: self = try VertexFeatures.archive(part, limits)
    case .text: self = try VertexFeatures.text(part, options, limits)
    }
    guard width <= limits.graphFeatures else {
      throw part.refusal(
        .limitExceeded, "\(width) features a vertex; at most \(limits.graphFeatures)")
    }
  }

  private static func array(
    _ part: GraphPart, _ limits: ImportLimits
  ) throws(DatasetError) -> VertexFeatures {
    let (shape, _, numbers) = try part.numbers(atMost: limits.graphElements)
    guard shape.count == 2 else {
      throw part.refusal(.malformed, "has shape \(Shape(shape)); features are [vertices, features]")
    }
    return VertexFeatures(
      vertices: shape[0], width: shape[1],
      elements: .dense(try floats(numbers, width: shape[1], part)))
  }

  private static func floats(
    _ numbers: [Double], width: Int, _ part: GraphPart
  ) throws(DatasetError) -> [Float] {
    var floats: [Float] = []
    floats.reserveCapacity(numbers.count)
    for (index, number) in numbers.enumerated() {
      let float = Float(number)
      guard float.isFinite else {
        throw part.refusal(
          .malformed, "\(number) is no finite 32-bit float; correct it", row: index / width + 1,
          column: index % width + 1)
      }
      floats.append(float)
    }
    return floats
  }

  /// A matrix of `scipy.sparse.save_npz`, in CSR form.
  private static func archive(
    _ part: GraphPart, _ limits: ImportLimits
  ) throws(DatasetError) -> VertexFeatures {
    let shape = try part.numbers(of: "shape", atMost: 8).numbers
    let offsets = try part.numbers(of: "indptr", atMost: limits.graphVertices + 1).numbers
    let columns = try part.numbers(of: "indices", atMost: limits.graphElements).numbers
    let data = try part.numbers(of: "data", atMost: limits.graphElements).numbers
    guard shape.count == 2, shape[0] >= 1, shape[1] >= 1, shape[0] <= Double(limits.graphVertices),
      shape[1] <= Double(limits.graphFeatures), shape.allSatisfy({ $0.rounded() == $0 }),
      offsets.count == Int(shape[0]) + 1, columns.count == data.count, offsets[0] == 0,
      offsets[offsets.count - 1] == Double(columns.count)
    else {
      throw part.refusal(
        .malformed,
        "shape, indptr, indices and data don't make a CSR matrix; save it with scipy.sparse.save_npz, "
          + "after tocsr()")
    }
    var rows: [Int32] = []
    rows.reserveCapacity(columns.count)
    for row in 0..<Int(shape[0]) {
      guard offsets[row + 1] >= offsets[row], offsets[row + 1].rounded() == offsets[row + 1],
        offsets[row + 1] <= Double(columns.count)
      else { throw part.refusal(.malformed, "indptr falls here; save it again", row: row + 1) }
      rows.append(
        contentsOf: repeatElement(Int32(row), count: Int(offsets[row + 1] - offsets[row])))
    }
    var places: [Int32] = []
    places.reserveCapacity(columns.count)
    for (entry, column) in columns.enumerated() {
      guard column >= 0, column < shape[1], column.rounded() == column else {
        throw part.refusal(
          .malformed, "the index \(column) is none of \(Int(shape[1])) features",
          row: Int(rows[entry]) + 1)
      }
      places.append(Int32(column))
    }
    return VertexFeatures(
      vertices: Int(shape[0]), width: Int(shape[1]),
      elements: .sparse(
        rows: rows, columns: places, values: try floats(data, width: max(1, data.count), part)))
  }

  // MARK: - Text

  /// Rows of numbers, or of the indices of the features that are 1; a first column `node` or `id` counts up.
  private static func text(
    _ part: GraphPart, _ options: ImportOptions, _ limits: ImportLimits
  ) throws(DatasetError) -> VertexFeatures {
    var hasNumber = false
    var columns = 0
    var isIndices = false
    var vertices = 0
    var dense: [Float] = []
    var rows: [Int32] = []
    var places: [Int32] = []
    try part.forEachRecord(header: { names in
      hasNumber = ["node", "id", "vertex"].contains(names.first?.lowercased() ?? "")
      let rest = names.dropFirst(hasNumber ? 1 : 0)
      isIndices = rest.count == 1 && (rest.first ?? "").lowercased().contains("indices")
    }) { (reader) throws(DatasetError) in
      guard vertices < limits.graphVertices else {
        throw part.refusal(.limitExceeded, "more than \(limits.graphVertices) vertices")
      }
      if hasNumber {
        let vertex = try part.integer(reader, 0, below: limits.graphVertices, "vertex")
        guard Int(vertex) == vertices else {
          throw part.refusal(
            .malformed, "vertex \(vertex) stands where \(vertices) is due; sort the rows by vertex",
            row: reader.row, column: 1)
        }
      }
      let first = hasNumber ? 1 : 0
      if isIndices {
        guard reader.count == first + 1 else {
          throw part.refusal(.malformed, "has \(reader.count) fields", row: reader.row)
        }
        for index in reader.text(first).split(separator: " ") {
          guard let place = Int32(index), place >= 0, Int(place) < limits.graphFeatures else {
            throw part.refusal(
              .malformed,
              "\"\(index.prefix(40))\" is no index of a feature, which are from 0 to \(limits.graphFeatures - 1)",
              row: reader.row, column: first + 1)
          }
          rows.append(Int32(vertices))
          places.append(place)
        }
      } else {
        if vertices == 0 { columns = reader.count }
        guard reader.count == columns, columns > first else {
          throw part.refusal(
            .malformed, "has \(reader.count) fields, where the first row has \(columns)",
            row: reader.row)
        }
        for field in first..<columns { dense.append(try number(reader, field, part)) }
      }
      guard max(dense.count, places.count) <= limits.graphElements else {
        throw part.refusal(.limitExceeded, "more than \(limits.graphElements) elements")
      }
      vertices += 1
    }
    guard isIndices else {
      return VertexFeatures(
        vertices: vertices, width: columns - (hasNumber ? 1 : 0), elements: .dense(dense))
    }
    let width = Int((places.max() ?? -1) + 1)
    if let asked = options.shape {
      guard asked.rank == 1, asked[0] >= width else {
        throw part.refusal(
          .option, "shape=\(asked) doesn't hold the feature \(width - 1), which occurs")
      }
    }
    return VertexFeatures(
      vertices: vertices, width: options.shape?[0] ?? max(1, width),
      elements: .sparse(
        rows: rows, columns: places, values: [Float](repeating: 1, count: places.count)))
  }

  static func number(
    _ reader: CSVReader, _ field: Int, _ part: GraphPart
  ) throws(DatasetError) -> Float {
    if case .number(let number) = FieldValue(reader[field]), Float(number).isFinite {
      return Float(number)
    }
    throw part.refusal(
      .malformed, "\"\(reader.text(field).prefix(40))\" is no finite number; correct it",
      row: reader.row, column: field + 1)
  }

  // MARK: - Forms

  /// The same with only the elements that aren't 0, or with all, as the option or their number says.
  mutating func settle(sparse wanted: Bool?, part: GraphPart, limits: ImportLimits)
    throws(DatasetError)
  {
    switch elements {
    case .dense(let numbers):
      let stored = numbers.count { $0 != 0 }
      let isSparse = wanted ?? (stored > 0 && stored * VertexFeatures.sparseBelow < numbers.count)
      guard isSparse else { return }
      guard stored > 0 else {
        throw part.refusal(.empty, "all features are 0; say sparse=false to keep them so")
      }
      var rows: [Int32] = []
      var columns: [Int32] = []
      for (index, number) in numbers.enumerated() where number != 0 {
        rows.append(Int32(index / width))
        columns.append(Int32(index % width))
      }
      elements = .sparse(rows: rows, columns: columns, values: numbers.filter { $0 != 0 })
    case .sparse(let rows, let columns, let values):
      if wanted != false {
        guard !values.isEmpty else { throw part.refusal(.empty, "all features are 0") }
        return
      }
      let (count, overflow) = vertices.multipliedReportingOverflow(by: width)
      guard !overflow, count <= limits.graphElements else {
        throw part.refusal(
          .limitExceeded,
          "\(vertices) times \(width) features are more than \(limits.graphElements) elements; leave "
            + "out sparse=false")
      }
      var numbers = [Float](repeating: 0, count: count)
      for entry in rows.indices {
        numbers[Int(rows[entry]) * width + Int(columns[entry])] += values[entry]
      }
      elements = .dense(numbers)
    }
  }

  /// Divides each vertex's features by the sum of their absolute values, but for zeros.
  mutating func normalizeRows() {
    var sums = [Double](repeating: 0, count: vertices)
    switch elements {
    case .dense(var numbers):
      for (index, number) in numbers.enumerated() { sums[index / width] += Double(abs(number)) }
      for index in numbers.indices where sums[index / width] > 0 {
        numbers[index] = Float(Double(numbers[index]) / sums[index / width])
      }
      elements = .dense(numbers)
    case .sparse(let rows, let columns, var values):
      for (entry, row) in rows.enumerated() { sums[Int(row)] += Double(abs(values[entry])) }
      for (entry, row) in rows.enumerated() where sums[Int(row)] > 0 {
        values[entry] = Float(Double(values[entry]) / sums[Int(row)])
      }
      elements = .sparse(rows: rows, columns: columns, values: values)
    }
  }

  var statistics: NumberStatistics {
    var statistics = RunningStatistics()
    switch elements {
    case .dense(let numbers): for number in numbers { statistics.add(Double(number)) }
    case .sparse(_, _, let values): for value in values { statistics.add(Double(value)) }
    }
    return statistics.summary
  }
}
