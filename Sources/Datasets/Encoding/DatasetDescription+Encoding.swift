import JSON
import Tensors

extension DatasetDescription {
  /// Turns rows of a prediction request into what a model sees, by the transform of the import.
  ///
  /// A row of a table is an array of the feature columns' values in order, or an object by column
  /// name, in which target and ignored columns may stand too; `null` is a missing value. With a
  /// shape, a row may be nested arrays of that shape. A row of an array dataset is nested arrays of
  /// the input's shape, or one flat array, of values as they were uploaded (bytes as 0…255). A row of a text
  /// is a text of as many tokens as an example has, or an array of their numbers.
  ///
  /// - Parameter pointer: where the rows stand in the request, for messages.
  /// - Returns: a `float32` tensor of shape `[rows.count] + inputShape`.
  /// - Throws: `Faults` that name every value that's wrong, at most a hundred.
  public func encode(rows: [JSON], pointer: String = "/inputs") throws(Faults) -> Tensor {
    let width = input.shape.count
    var faults = Faults()
    var elements: [Float] = []
    elements.reserveCapacity(rows.count * width)
    let encoder = columns.isEmpty ? nil : TableEncoder(columns: columns)
    let padding = StepPadding(of: self)
    let places = input.windows?.tokens.places(of: target.classes) ?? [:]
    for (index, row) in rows.enumerated() {
      let place = "\(pointer)/\(index)"
      var encoded = [Float](repeating: 0, count: width)
      if let windows = input.windows {
        encodeText(row, windows, places: places, pointer: place, into: &encoded, &faults)
      } else if let encoder, let series = input.series {
        encodeWindow(row, series, with: encoder, pointer: place, into: &encoded, &faults)
      } else if let encoder {
        encodeTable(row, with: encoder, pointer: place, into: &encoded, &faults)
      } else if let padding {
        encodeSeries(row, padding, pointer: place, into: &encoded, &faults)
      } else {
        encodeArray(row, pointer: place, into: &encoded, &faults)
      }
      elements.append(contentsOf: encoded)
      if faults.all.count >= 100 { break }
    }
    try faults.check()
    return Tensor(elements, shape: input.shape.prepending(rows.count))
  }

  /// A window is an array of rows, each as a row of a table is.
  private func encodeWindow(
    _ window: JSON, _ series: SeriesWindows, with encoder: TableEncoder, pointer: String,
    into encoded: inout [Float], _ faults: inout Faults
  ) {
    let padding = series.entities?.padding
    let lengths = (padding == nil ? series.length : 1)...series.length
    guard let rows = window.array, lengths.contains(rows.count) else {
      faults.add(
        pointer,
        "expected an array of \(padding == nil ? "" : "up to ")\(series.length) rows, which follow each other, found "
          + (window.array.map { "\($0.count)" } ?? window.kind))
      return
    }
    if let padding {
      for place in rows.count * encoder.width..<encoded.count { encoded[place] = Float(padding) }
    }
    for (index, row) in rows.enumerated() {
      var part = [Float](repeating: 0, count: encoder.width)
      encodeTable(row, with: encoder, pointer: "\(pointer)/\(index)", into: &part, &faults)
      encoded.replaceSubrange(index * encoder.width..<(index + 1) * encoder.width, with: part)
    }
  }

  private func encodeTable(
    _ row: JSON, with encoder: TableEncoder, pointer: String, into encoded: inout [Float],
    _ faults: inout Faults
  ) {
    let values: [(place: String, value: JSON)]
    switch row {
    case .array:
      guard let flat = flatten(row, pointer: pointer) else {
        faults.add(pointer, "expected \(encoder.columns.count) values, or shape \(input.shape)")
        return
      }
      values = flat
    case .object(let object):
      let known = columns.map(\.name)
      for name in object.names where !known.contains(name) {
        faults.add(
          "\(pointer)/\(escapedPointerToken(name))", "unknown column\(nearest(name, among: known))")
      }
      values = encoder.columns.map {
        ("\(pointer)/\(escapedPointerToken($0.name))", object[$0.name] ?? .null)
      }
    default:
      faults.add(pointer, "expected an array or an object, found \(row.kind)")
      return
    }
    guard values.count == encoder.columns.count else {
      let names = encoder.columns.prefix(20).map(\.name).joined(separator: ", ")
      faults.add(
        pointer,
        "has \(values.count) values for \(encoder.columns.count) columns: \(names)"
          + (encoder.columns.count > 20 ? ", …" : ""))
      return
    }
    for (cell, (place, value)) in values.enumerated() {
      do throws(TableEncoder.Refusal) {
        try encoder.encode(value, cell: cell, into: &encoded)
      } catch {
        faults.add(place, encoder.columns[cell].explain(error, value))
      }
    }
  }

  /// A series is an array of steps, as many as an example has or fewer; those behind that are padding stay what they are.
  private func encodeSeries(
    _ row: JSON, _ padding: StepPadding, pointer: String, into encoded: inout [Float],
    _ faults: inout Faults
  ) {
    var steps = row.array ?? []
    if !steps.isEmpty, steps.count < encoded.count / padding.width,
      steps.allSatisfy({ $0.array != nil })
    {
      let none = JSON.array(
        Array(repeating: .number(Double(padding.value)), count: padding.width))
      steps += Array(repeating: none, count: encoded.count / padding.width - steps.count)
    }
    encodeArray(row.array == nil ? row : .array(steps), pointer: pointer, into: &encoded, &faults)
    let scaling = scaling(ofElement: 0)
    let scaled = Float(scaling.encode(Double(padding.value)))
    var place = encoded.count
    while place >= padding.width,
      encoded[place - padding.width..<place].allSatisfy({ $0 == scaled })
    {
      place -= padding.width
    }
    for index in place..<encoded.count { encoded[index] = padding.value }
  }

  private func encodeArray(
    _ row: JSON, pointer: String, into encoded: inout [Float], _ faults: inout Faults
  ) {
    guard let values = flatten(row, pointer: pointer), values.count == encoded.count else {
      faults.add(
        pointer, "expected nested arrays of shape \(input.shape), or \(encoded.count) values")
      return
    }
    for (index, (place, value)) in values.enumerated() {
      guard let number = value.double else {
        faults.add(place, "expected a number, found \(value.kind)")
        continue
      }
      encoded[index] = Float(scaling(ofElement: index).encode(number))
      if !encoded[index].isFinite { faults.add(place, "\(number) is too large for a 32-bit float") }
    }
  }

  /// The scaling of one number of an array's example.
  func scaling(ofElement index: Int) -> Scaling {
    switch input.scalings.count {
    case 0: .identity
    case 1: input.scalings[0]
    default: input.scalings[index]
    }
  }

  /// The values of a flat array of any length, or of nested arrays of exactly the input's shape.
  private func flatten(_ row: JSON, pointer: String) -> [(place: String, value: JSON)]? {
    guard case .array(let elements) = row else {
      return input.shape.rank == 0 ? [(pointer, row)] : nil
    }
    if elements.allSatisfy({ $0.array == nil }) {
      return elements.enumerated().map { ("\(pointer)/\($0)", $1) }
    }
    var level = [(place: pointer, value: row)]
    for extent in input.shape.dimensions {
      var next: [(place: String, value: JSON)] = []
      for (place, value) in level {
        guard case .array(let elements) = value, elements.count == extent else { return nil }
        for (index, element) in elements.enumerated() {
          next.append(("\(place)/\(index)", element))
        }
      }
      level = next
    }
    return level
  }
}

extension TableEncoder {
  /// Writes the numbers of one value of a prediction request.
  func encode(_ value: JSON, cell: Int, into row: inout [Float]) throws(Refusal) {
    switch value {
    case .null: try encodeMissing(cell: cell, into: &row)
    case .integer, .number:
      if isNumber(cell) {
        try encode(number: value.double ?? 0, cell: cell, into: &row)
      } else {
        try encode(text: value.description, cell: cell, into: &row)
      }
    case .string(let text): try encode(text: text, cell: cell, into: &row)
    case .bool(let flag): try encode(text: flag ? "true" : "false", cell: cell, into: &row)
    case .array, .object: throw .notNumber
    }
  }

  private func encode(text: String, cell: Int, into row: inout [Float]) throws(Refusal) {
    let bytes = ContiguousArray(text.utf8)
    var refusal: Refusal?
    bytes.withUnsafeBufferPointer { bytes in
      do throws(Refusal) { try encode(bytes, cell: cell, into: &row) } catch { refusal = error }
    }
    if let refusal { throw refusal }
  }
}

extension Column {
  /// Why a value of a prediction request doesn't fit this column.
  fileprivate func explain(_ refusal: TableEncoder.Refusal, _ value: JSON) -> String {
    switch refusal {
    case .missing: "is missing, and the dataset says nothing of what stands for it"
    case .notNumber:
      "expected a number, found \(value.string.map { "\"\($0.prefix(80))\"" } ?? value.kind)"
    case .notFinite: "isn't finite"
    case .tooLarge: "is too large for a 32-bit float"
    case .unknown:
      if case .category(let values, _, _) = content {
        "\(value.description.prefix(80)) is none of the column's values: "
          + values.prefix(20).joined(separator: ", ") + (values.count > 20 ? ", …" : "")
      } else {
        "isn't a value of this column"
      }
    }
  }
}

extension DatasetDescription.Target {
  /// What numbers that a model puts out for a vector target, example after example, mean in the units of the upload; `nil` where they are those.
  public func decoded(_ output: [Float]) -> [Double]? {
    guard case .vector(_, let scalings, _) = self,
      scalings.contains(where: { $0 != .identity })
    else { return nil }
    return output.enumerated().map { scalings[$0 % scalings.count].decode(Double($1)) }
  }
}

extension DatasetDescription {
  /// What a model's output for the first target means in the units of the upload.
  public func decodeTarget(_ output: [Float]) -> [Double] {
    target.decoded(output) ?? output.map(Double.init)
  }
}
