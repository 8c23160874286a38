import Tensors

extension DatasetDescription {
  /// Numbers of one input that a description can have; more were never imported.
  private static let mostNumbers = 1 << 28

  /// Where a description that wasn't made here contradicts itself; `nil` when rows can be encoded by it.
  public var contradiction: String? {
    for (name, input) in namedInputs {
      let place = name.map { "input \"\($0)\"" } ?? "the input"
      let count = input.shape.count
      if count > Self.mostNumbers || input.shape.dimensions.contains(where: { $0 < 0 }) {
        return "\(place) has the shape \(input.shape)"
      }
      if ![0, 1, count].contains(input.scalings.count) {
        return "\(place) has \(input.scalings.count) scalings for \(count) numbers"
      }
    }
    for (_, target) in namedTargets {
      if target.shape.count > Self.mostNumbers { return "a target has too large a shape" }
      if case .vector(let shape, let scalings, _) = target,
        scalings.isEmpty || shape.count % scalings.count != 0
      {
        return "a target has \(scalings.count) scalings for \(shape.count) numbers"
      }
    }
    return contradictionOfColumns ?? contradictionOfText
  }

  private var contradictionOfColumns: String? {
    guard !columns.isEmpty else { return nil }
    for column in featureColumns {
      if case .category(let values, _, _) = column.content, values.isEmpty, column.width == 0 {
        return "column \"\(column.name)\" has no values"
      }
      if column.width == 0 { return "column \"\(column.name)\" has no content" }
    }
    let (width, count) = (featureColumns.reduce(0) { $0 + $1.width }, input.shape.count)
    if let series = input.series {
      let isCounted = series.entities != nil || series.examples(ofRows: series.rows) == examples
      let isWhole = width * series.length == count && isCounted
      return isWhole ? nil : "its windows aren't those of its rows"
    }
    return width == count ? nil : "its columns make \(width) numbers, its input has \(count)"
  }

  private var contradictionOfText: String? {
    guard let windows = input.windows else { return nil }
    guard windows.length == input.shape.count, windows.vocabulary == target.classes.count else {
      return "its windows aren't those of its input and its classes"
    }
    return nil
  }
}
