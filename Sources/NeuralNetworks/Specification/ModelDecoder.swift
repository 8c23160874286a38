import JSON
import Tensors

/// Reads a spec in one pass over its layers, and goes on after a fault wherever what follows can
/// still be judged.
struct ModelDecoder {
  private var reader: ObjectReader
  private let pointer: String
  private var faults = Faults()
  /// The name of every layer, given or made, whether or not the layer itself could be read.
  private var names: [String] = []
  private var layers: [LayerSpec?] = []
  /// The output of each layer read so far; `nil` where a fault left it unknown.
  private var outputs: [Shape?] = []
  private var isUsed: [Bool] = []
  private var parameterCount = 0

  init(_ json: JSON, pointer: String) {
    reader = ObjectReader(json, pointer: pointer)
    self.pointer = pointer
  }

  mutating func decode() throws(Faults) -> ModelSpec {
    let name = modelName()
    let input = InputDecoder.decode(&reader, member: InputSpec.onlyName)
    var elements: [JSON] = []
    if reader.requiredValue("layers") != nil {
      elements = reader.array("layers", count: 1...LayerLimits.layers) ?? []
    }
    faults = reader.finish()
    collectNames(elements)
    isUsed = [Bool](repeating: false, count: elements.count)
    for (index, element) in elements.enumerated() {
      decodeLayer(element, index: index, input: input)
    }
    findUnused()
    try faults.check()
    guard let input else { throw faults }
    let layers = layers.compactMap(\.self)
    return ModelSpec(
      name: name, inputs: [input], layers: layers, outputs: [.layer(layers.count - 1)])
  }

  private mutating func modelName() -> String? {
    let name = reader.string("name")
    if let name, name.isEmpty || name.count > 200 {
      reader.fault("name", "has \(name.count) characters; from 1 to 200")
    }
    return name
  }

  // MARK: - Names

  private mutating func collectNames(_ elements: [JSON]) {
    var first: [String: Int] = [:]
    for (index, element) in elements.enumerated() {
      let given = element["name"]?.string
      let name = given ?? "\(element["type"]?.string ?? "layer")_\(index)"
      if let given { checkName(given, index: index) }
      if let other = first[name] {
        faults.add(
          "\(pointer)/layers/\(index)\(given == nil ? "" : "/name")",
          "the name \"\(name.prefix(80))\" is already that of layer \(other)")
      } else {
        first[name] = index
      }
      names.append(name)
    }
  }

  private mutating func checkName(_ name: String, index: Int) {
    let place = "\(pointer)/layers/\(index)/name"
    if name == "input" {
      faults.add(place, "\"input\" is the name of the model's input")
    }
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    if !isPlain || name.isEmpty || name.utf8.count > 64 {
      faults.add(
        place, "\"\(name.prefix(80))\" isn't 1 to 64 letters, digits, hyphens and underscores")
    }
  }

  // MARK: - Layers

  private mutating func decodeLayer(_ json: JSON, index: Int, input: InputSpec?) {
    let place = "\(pointer)/layers/\(index)"
    var sources: [LayerSource]?
    var shape: Shape?
    defer {
      outputs.append(shape)
      if layers.count < outputs.count { layers.append(nil) }
      for case .layer(let source) in sources ?? [] { isUsed[source] = true }
    }
    var choice: CatalogChoice
    do throws(Faults) {
      guard case .object = json else {
        throw Faults([Fault(pointer: place, detail: "expected an object, found \(json.kind)")])
      }
      choice = try CatalogChoice(
        json, among: LayerCatalog.entries, kind: "a layer", pointer: place)
    } catch {
      faults.add(error)
      return
    }
    let type = LayerCatalog.all[choice.index]
    _ = choice.reader.string("name")
    sources = decodeSources(&choice.reader, index: index, type: type)
    let isTrainable = choice.reader.bool("trainable") ?? true
    let share = decodeShare(&choice.reader, index: index)
    let layer = type.init(from: &choice.reader)
    let found = choice.reader.finish()
    faults.add(found)

    guard let sources, let inputs = shapes(of: sources, input: input?.shape),
      !ModelDecoder.touchesShape(found, of: type, at: place)
    else { return }
    do throws(ShapeFault) {
      let layer = try taking(input, sources, layer)
      let output = try layer.outputShape(of: inputs)
      shape = output
      if let share {
        try checkShared(layer, with: share, inputs: inputs)
      } else {
        try checkSize(of: layer, inputs: inputs, output: output)
      }
      layers.append(
        LayerSpec(
          name: names[index], layer: layer, sources: sources, inputShapes: inputs,
          outputShape: output, isTrainable: isTrainable, share: share))
    } catch {
      let field = error.field.map { "/\($0)" } ?? ""
      faults.add(
        "\(place)\(field)",
        "layer \"\(names[index])\" (\(type.type)): \(error.detail); rule: \(error.rule)")
    }
  }

  /// The layer, once it's known to take what its inputs hold.
  private func taking(
    _ input: InputSpec?, _ sources: [LayerSource], _ layer: any Layer
  ) throws(ShapeFault) -> any Layer {
    for (position, source) in sources.enumerated() {
      let wanted = type(of: layer).inputElement(at: position)
      let element = source == .input(0) ? input?.element ?? .float32 : .float32
      guard element != wanted else { continue }
      if element == .int32 {
        throw ShapeFault(
          "the model's input is int32 tokens, and \(type(of: layer).type) takes numbers",
          rule: "tokens go through an embedding first")
      }
      throw ShapeFault(
        "\(type(of: layer).type) takes int32 tokens, and its input is numbers",
        rule: "an embedding follows the model's input, with \"dtype\": \"int32\" and a vocabulary")
    }
    return try layer.taking(vocabulary: input?.vocabulary)
  }

  /// The layer whose parameters are used, named by `share`.
  private func decodeShare(_ reader: inout ObjectReader, index: Int) -> Int? {
    guard let name = reader.string("share") else { return nil }
    guard let other = names.firstIndex(of: name) else {
      reader.fault(
        "share", "there is no layer \"\(name.prefix(80))\"\(nearest(name, among: names))")
      return nil
    }
    guard other < index else {
      let which = other == index ? "this layer itself" : "a layer that comes later"
      reader.fault("share", "\"\(name)\" is \(which); a layer shares with one before it")
      return nil
    }
    return other
  }

  private func checkShared(
    _ layer: any Layer, with other: Int, inputs: [Shape]
  ) throws(ShapeFault) {
    guard let shared = layers[other] else { return }
    let theirs = shared.layer.parameters(of: shared.inputShapes)
    let ours = layer.parameters(of: inputs)
    func words(_ parameters: [LayerParameter]) -> String {
      parameters.isEmpty
        ? "none" : parameters.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
    }
    guard ours.map(\.name) == theirs.map(\.name), ours.map(\.shape) == theirs.map(\.shape) else {
      throw ShapeFault(
        field: "share",
        "the parameters would be \(words(ours)), those of \"\(shared.name)\" are \(words(theirs))",
        rule: "layers that share have parameters of the same names and shapes")
    }
    guard shared.share == nil, theirs.allSatisfy(\.isTrainable), !theirs.isEmpty else {
      throw ShapeFault(
        field: "share", "\"\(shared.name)\" has nothing of its own to share",
        rule: "what is shared are learned parameters, and not running statistics")
    }
  }

  private static func touchesShape(
    _ faults: Faults, of type: any Layer.Type, at place: String
  ) -> Bool {
    faults.all.contains { fault in
      type.shapeFields.contains { fault.pointer.hasPrefix("\(place)/\($0)") }
    }
  }

  private func shapes(of sources: [LayerSource], input: Shape?) -> [Shape]? {
    var shapes: [Shape] = []
    for source in sources {
      let shape: Shape?
      switch source {
      case .input: shape = input
      case .layer(let index): shape = outputs[index]
      }
      guard let shape else { return nil }
      shapes.append(shape)
    }
    return shapes
  }

  private mutating func checkSize(
    of layer: any Layer, inputs: [Shape], output: Shape
  ) throws(ShapeFault) {
    guard let elements = output.checkedCount, elements <= LayerLimits.elements else {
      throw ShapeFault(
        "the input \(inputs[0]) gives an output of \(output)",
        rule: "at most \(LayerLimits.elements) elements in one example")
    }
    for parameter in layer.parameters(of: inputs) {
      guard let count = parameter.shape.checkedCount,
        count <= LayerLimits.parameters - parameterCount
      else {
        throw ShapeFault(
          "the input \(inputs[0]) and the output \(output) need a \(parameter.name) of "
            + "\(parameter.shape), after \(parameterCount) elements in the parameters before it",
          rule: "at most \(LayerLimits.parameters) elements in all parameters")
      }
      parameterCount += count
    }
  }

  // MARK: - Sources

  /// The layers whose outputs this one takes; `nil` after a fault.
  private mutating func decodeSources(
    _ reader: inout ObjectReader, index: Int, type: any Layer.Type
  ) -> [LayerSource]? {
    guard let value = reader.value("inputs") else {
      if type.inputCount.lowerBound > 1 {
        reader.fault(
          "inputs", "\(type.type) takes \(type.inputCount.lowerBound) inputs or more; name them")
        return nil
      }
      return [index == 0 ? .input(0) : .layer(index - 1)]
    }
    let given: [JSON]
    if case .string = value { given = [value] } else { given = reader.array("inputs") ?? [] }
    guard type.inputCount.contains(given.count) else {
      if !given.isEmpty || value.array != nil {
        let count = type.inputCount
        let wanted =
          count.lowerBound == count.upperBound
          ? "\(count.lowerBound) input\(count.lowerBound == 1 ? "" : "s")"
          : "\(count.lowerBound) to \(count.upperBound) inputs"
        reader.fault("inputs", "\(type.type) takes \(wanted), found \(given.count)")
      }
      return nil
    }
    var sources: [LayerSource] = []
    for element in given {
      guard let name = element.string else {
        reader.fault("inputs", "expected the name of a layer, found \(element.kind)")
        continue
      }
      if let source = source(named: name, for: index, &reader) { sources.append(source) }
    }
    return sources.count == given.count ? sources : nil
  }

  private func source(
    named name: String, for index: Int, _ reader: inout ObjectReader
  ) -> LayerSource? {
    if name == "input" { return .input(0) }
    guard let other = names.firstIndex(of: name) else {
      let known = ["input"] + names[..<index]
      reader.fault(
        "inputs", "there is no layer \"\(name.prefix(80))\"\(nearest(name, among: known))")
      return nil
    }
    guard other < index else {
      let which = other == index ? "this layer itself" : "a layer that comes later"
      reader.fault("inputs", "\"\(name)\" is \(which); a layer takes those before it")
      return nil
    }
    return .layer(other)
  }

  /// Records the layers that nothing takes, which is only known once all sources are.
  private mutating func findUnused() {
    guard faults.isEmpty else { return }
    for index in layers.indices.dropLast() where !isUsed[index] {
      faults.add(
        "\(pointer)/layers/\(index)",
        "nothing takes the output of layer \"\(names[index])\", and only the last layer's output "
          + "is the model's")
    }
  }
}
