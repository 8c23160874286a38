import JSON
import Tensors

/// Reads a spec's `input`: the shape and element type of what an example is made of.
enum InputDecoder {
  private static let extents = 1...LayerLimits.elements

  /// One input, or `nil` when its shape is at fault; the faults are recorded in the reader it's a member of.
  static func decode(_ model: inout ObjectReader, member name: String) -> InputSpec? {
    guard model.requiredValue(name) != nil, var reader = model.reader(name) else { return nil }
    let shape = shape(&reader)
    let names = [ElementType.float32.rawValue, ElementType.int32.rawValue]
    let element = reader.string("dtype", in: names).flatMap(ElementType.init) ?? .float32
    var vocabulary: Int?
    if element == .int32 {
      if reader.requiredValue("vocabulary") != nil {
        vocabulary = reader.integer("vocabulary", in: 2...LayerLimits.vocabulary)
      }
    } else if reader.value("vocabulary") != nil {
      reader.fault("vocabulary", "belongs to tokens; add \"dtype\": \"int32\"")
    }
    let padding = reader.double("padding", in: -1e38...1e38)
    if let padding, let shape, element == .float32 || vocabulary != nil,
      let objection = InputSpec.objection(
        toPadding: padding, shape: shape, vocabulary: vocabulary)
    {
      reader.fault("padding", objection)
    }
    let graph = GraphInputSpec(&reader, element: element)
    if graph != nil, padding != nil {
      reader.fault("padding", "is for sequences; a graph has no vertices that aren't there")
    }
    model.add(reader.finish())
    return shape.map {
      InputSpec(
        name: name, shape: $0, element: element, vocabulary: vocabulary, padding: padding,
        graph: graph)
    }
  }

  private static func shape(_ reader: inout ObjectReader) -> Shape? {
    guard reader.requiredValue("shape") != nil,
      let elements = reader.array("shape", count: 1...LayerLimits.rank)
    else { return nil }
    var dimensions: [Int] = []
    var faults = Faults()
    for (axis, element) in elements.enumerated() {
      let place = "\(reader.pointer(to: "shape"))/\(axis)"
      guard let extent = element.integer else {
        faults.add(place, "expected an integer, found \(element.kind)")
        continue
      }
      guard extents.contains(extent) else {
        faults.add(
          place,
          "\(extent) is out of range; from \(extents.lowerBound) to \(extents.upperBound)")
        continue
      }
      dimensions.append(extent)
    }
    reader.add(faults)
    guard faults.isEmpty else { return nil }
    let shape = Shape(dimensions)
    guard let count = shape.checkedCount, count <= LayerLimits.elements else {
      reader.fault(
        "shape", "\(shape) has more than \(LayerLimits.elements) elements, the most of one example")
      return nil
    }
    return shape
  }
}
