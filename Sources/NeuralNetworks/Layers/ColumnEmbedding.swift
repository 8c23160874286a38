import Autodiff
import JSON
import Tensors

/// Learned vectors in place of the numbers along the last axis that stand for categories.
///
/// `y[…] = x[…]` with each `x[…, place]` replaced by `weight[x[…, place]]`: the entity embeddings of Guo and Berkhahn 2016,
/// arXiv:1604.06737.
///
/// - Shapes: input `[N, …, D]`, output `[N, …, D - columns + Σ dimensions]`.
/// - Parameters: `columns.i.weight [values, dimensions]` for each column, in order.
public struct ColumnEmbedding: Layer {
  /// A number along the last axis that stands for one of several values.
  public struct Column: Hashable, Sendable {
    /// Its name in the dataset, for people.
    public let name: String?
    /// Counted from 0.
    public let place: Int
    public let values: Int
    public let dimensions: Int

    public init(name: String? = nil, place: Int, values: Int, dimensions: Int? = nil) {
      (self.name, self.place, self.values) = (name, place, values)
      self.dimensions = dimensions ?? Self.usualDimensions(values: values)
    }

    /// Half of the values, 50 at most.
    static func usualDimensions(values: Int) -> Int { min(50, (values + 1) / 2) }

    /// As a document has it, and a dataset's description.
    public var json: JSON {
      var object = JSONObject()
      if let name { object["column"] = .string(name) }
      object["place"] = .integer(place)
      object["values"] = .integer(values)
      object["dimensions"] = .integer(dimensions)
      return .object(object)
    }

    fileprivate init(_ json: JSON, pointer: String) throws(Faults) {
      var reader = ObjectReader(json, pointer: pointer)
      name = reader.string("column")
      let hasAll = reader.requiredValue("place") != nil && reader.requiredValue("values") != nil
      place = reader.integer("place", in: 0...LayerLimits.elements) ?? 0
      values = reader.integer("values", in: 1...LayerLimits.vocabulary) ?? 1
      let given = reader.integer("dimensions", in: 1...LayerLimits.units)
      dimensions = given ?? Self.usualDimensions(values: hasAll ? values : 1)
      try reader.finish().check()
    }
  }

  public let columns: [Column]
  public let initializer: Initializer

  private static let columnsField = Field(
    "columns",
    .described("an array of {\"place\", \"values\", \"dimensions\"}"), isRequired: true,
    "Which numbers along the last axis stand for categories: the place of each, counted from 0, how many values there are, and elements of a vector (half "
      + "of the values, 50 at most, when left out); a dataset's input.categories is that list.")

  public static let documentation = CatalogEntry(
    type: "column_embedding",
    summary: "Learned vectors in place of the numbers of a row that stand for categories.",
    formula: "y[…] = x[…] with each x[…, place] replaced by weight[x[…, place]]",
    shapes: "[…, D] -> […, D - columns + Σ dimensions]",
    fields: [columnsField, CommonFields.vectorInitializer],
    weights: ["columns.i.weight [values, dimensions]"],
    source: "Guo and Berkhahn 2016, arXiv:1604.06737.")

  public static let shapeFields = ["columns"]
  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    var columns: [Column] = []
    if reader.requiredValue(Self.columnsField.name) != nil {
      let list = reader.array(Self.columnsField.name, count: 1...LayerLimits.columns) ?? []
      for (index, value) in list.enumerated() {
        do throws(Faults) {
          columns.append(
            try Column(value, pointer: "\(reader.pointer(to: Self.columnsField.name))/\(index)"))
        } catch {
          reader.add(error)
        }
      }
    }
    columns.sort { $0.place < $1.place }
    if let twice = zip(columns, columns.dropFirst()).first(where: { $0.place == $1.place }) {
      reader.fault(Self.columnsField.name, "names place \(twice.0.place) twice")
    }
    self.columns = columns
    initializer = reader.vectorInitializer()
  }

  public var configuration: [(String, JSON)] {
    [("columns", .array(columns.map(\.json))), ("initializer", initializer.json)]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let input = inputs[0]
    guard input.rank >= 1, let width = input.dimensions.last else {
      throw ShapeFault(
        "the input \(input) has no axis; column_embedding needs […, D]",
        rule: Self.documentation.shapes ?? "")
    }
    if let outside = columns.first(where: { $0.place >= width }) {
      throw ShapeFault(
        field: "columns",
        "place \(outside.place) is none of the \(width) numbers of the input's last axis, which count from 0",
        rule: "every place is one along the last axis")
    }
    let vectors = columns.reduce(0) { $0 + $1.dimensions }
    return Shape(input.dimensions.dropLast() + [width - columns.count + vectors])
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    columns.enumerated().map { index, column in
      LayerParameter(
        "columns.\(index).weight", [column.values, column.dimensions], initializer)
    }
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.type(of: inputs[0]).shape
    let axis = shape.rank - 1
    var parts: [Value] = []
    var next = 0
    for (column, weight) in zip(columns, parameters) {
      if next < column.place {
        parts.append(try graph.slice(inputs[0], axis: axis, next..<column.place))
      }
      let numbers = try graph.slice(inputs[0], axis: axis, column.place..<column.place + 1)
      let indices = try graph.toIndices(
        graph.reshape(numbers, to: Shape(Array(shape.dimensions.dropLast()))))
      parts.append(try graph.gather(weight, indices: indices))
      next = column.place + 1
    }
    if next < shape[axis] {
      parts.append(try graph.slice(inputs[0], axis: axis, next..<shape[axis]))
    }
    return try graph.concatenate(parts, axis: axis)
  }
}
