import JSON
import Tensors

/// Reads the layers' own members and finds every shape.
struct LayerDecoder {
  private var wiring: LayerWiring
  /// What the model takes; `nil` after a fault.
  private let inputs: [InputSpec?]
  private var decoded: [Decoded?]
  /// Shortcuts that turned out to need no projection, with what they hand on.
  private var absent: [Int: LayerSource] = [:]
  private var parameterCount = 0

  /// What each place of the document says, read once however often it is applied.
  private var configured: [String: Configured] = [:]

  private struct Configured {
    let layer: any Layer
    /// Whether a fault leaves the output's shape unknown.
    let isUnknown: Bool
  }

  private struct Decoded {
    let layer: any Layer
    let inputShapes: [Shape]
    let outputShape: Shape
    let place: GraphPlace
    var share: Int?
  }

  /// Where a layer of a model on a graph stands: whether its output is of graphs, and whether it takes the
  /// vertices' features as the data has them.
  private struct GraphPlace {
    var isOfGraphs = false
    var takesFeatures = false
  }

  init(_ wiring: LayerWiring, inputs: [InputSpec?]) {
    self.wiring = wiring
    self.inputs = inputs
    decoded = Array(repeating: nil, count: wiring.placement.layers.count)
  }

  private var layers: [PlacedLayer] { wiring.placement.layers }

  mutating func decode() {
    for index in wiring.order { decode(at: index) }
    for index in layers.indices { checkShare(at: index) }
  }

  /// Everything found, in the order of the document. What an application of the same layers has told is not
  /// told again by the next one.
  var faults: Faults {
    var all = Faults()
    var places: Set<String> = []
    for entry in wiring.placement.entries {
      for fault in entry.faults.all where !(entry.isAgain && places.contains(fault.pointer)) {
        all.add(fault)
      }
      places.formUnion(entry.faults.all.map(\.pointer))
    }
    return all
  }

  private mutating func add(_ faults: Faults, at index: Int) {
    wiring.placement.entries[layers[index].entry].faults.add(faults)
  }

  private mutating func add(_ fault: ShapeFault, at index: Int, type: String) {
    let place = layers[index]
    let field = fault.field.map { "/\($0)" } ?? ""
    wiring.placement.entries[place.entry].faults.add(
      "\(place.pointer)\(field)",
      "layer \"\(place.name)\" (\(type)): \(fault.detail); rule: \(fault.rule)")
  }

  // MARK: - One layer

  private mutating func decode(at index: Int) {
    switch layers[index].content {
    case .unknown: break
    case .layer(let type, let reader): decodeLayer(type, reader, at: index)
    case .projection(let target, let other): decodeProjection(to: target, else: other, at: index)
    case .sum(let residual, _, let hasShortcut):
      decodeSum(residual, hasShortcut: hasShortcut, at: index)
    }
  }

  private mutating func decodeLayer(_ type: any Layer.Type, _ reader: ObjectReader, at index: Int) {
    let read = read(type, reader, at: index)
    guard !read.isUnknown, let inputs = inputShapes(of: index) else { return }
    do throws(ShapeFault) {
      let layer = try taking(index, read.layer)
      try keep(layer, inputs: inputs, output: try layer.outputShape(of: inputs), at: index)
    } catch {
      add(error, at: index, type: type.type)
    }
  }

  /// Reads a layer's own members, once for all applications of it.
  private mutating func read(
    _ type: any Layer.Type, _ reader: ObjectReader, at index: Int
  ) -> Configured {
    let place = layers[index].pointer
    if let known = configured[place] { return known }
    var reader = reader
    let layer = DropConnection.read(
      Parametrization.read(type, from: &reader), type, from: &reader)
    let found = reader.finish()
    add(found, at: index)
    let isUnknown = found.all.contains { fault in
      type.shapeFields.contains { fault.pointer.hasPrefix("\(place)/\($0)") }
    }
    let read = Configured(layer: layer, isUnknown: isUnknown)
    configured[place] = read
    return read
  }

  private mutating func decodeProjection(
    to target: Reference, else other: Reference?, at index: Int
  ) {
    guard let inputs = inputShapes(of: index), let wanted = wiring.source(target).flatMap(shape)
    else { return }
    if let other, let source = wiring.source(other), shape(of: source) == wanted {
      absent[index] = resolved(source)
      return
    }
    do throws(ShapeFault) {
      let layer = try taking(index, Projection.layer(from: inputs[0], to: wanted))
      try keep(layer, inputs: inputs, output: try layer.outputShape(of: inputs), at: index)
    } catch {
      add(error, at: index, type: Residual.documentation.type)
    }
  }

  private mutating func decodeSum(_ residual: Residual, hasShortcut: Bool, at index: Int) {
    guard let inputs = inputShapes(of: index) else { return }
    do throws(ShapeFault) {
      let layer = try taking(index, Add(activation: residual.activation))
      guard inputs[0] == inputs[1] else {
        throw ShapeFault(
          field: hasShortcut ? "shortcut" : "projection",
          "the layers give \(inputs[0]), and \(hasShortcut ? "the shortcut gives" : "the input is") "
            + "\(inputs[1])",
          rule: hasShortcut
            ? "the layers and the shortcut give one shape"
            : "the layers give the shape of the input, or \"projection\" is true or \"auto\"")
      }
      try keep(layer, inputs: inputs, output: inputs[0], at: index)
    } catch {
      add(error, at: index, type: Residual.documentation.type)
    }
  }

  private mutating func keep(
    _ layer: any Layer, inputs: [Shape], output: Shape, at index: Int
  ) throws(ShapeFault) {
    guard let elements = output.checkedCount, elements <= LayerLimits.elements else {
      throw ShapeFault(
        "the input \(inputs[0]) gives an output of \(output)",
        rule: "at most \(LayerLimits.elements) elements in one example")
    }
    if wiring.shares[index] == nil {
      let parameters = layer.allParameters(of: inputs, output: output)
      for parameter in parameters { try parameter.initializer.check(parameter, of: layer) }
      try count(parameters, inputs: inputs, output: output)
    }
    decoded[index] = Decoded(
      layer: layer, inputShapes: inputs, outputShape: output,
      place: try placeInGraph(of: layer, at: index))
  }

  private mutating func count(
    _ parameters: [LayerParameter], inputs: [Shape], output: Shape
  ) throws(ShapeFault) {
    for parameter in parameters {
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

  // MARK: - What it takes

  /// The source itself, or what an absent projection hands on.
  private func resolved(_ source: LayerSource) -> LayerSource {
    if case .layer(let index) = source { absent[index] ?? source } else { source }
  }

  private func shape(of source: LayerSource) -> Shape? {
    switch resolved(source) {
    case .input(let index): inputs[index]?.shape
    case .layer(let index): decoded[index]?.outputShape
    }
  }

  private func inputShapes(of index: Int) -> [Shape]? {
    guard let sources = wiring.sources[index] else { return nil }
    let shapes = sources.map { shape(of: $0) }
    return shapes.contains(nil) ? nil : shapes.compactMap(\.self)
  }

  /// The layer, once it's known to take what its inputs hold.
  private func taking<L: Layer>(_ index: Int, _ layer: L) throws(ShapeFault) -> L {
    var vocabulary: Int?
    for (position, source) in (wiring.sources[index] ?? []).map(resolved).enumerated() {
      var element = ElementType.float32
      if case .input(let index) = source {
        element = inputs[index]?.element ?? .float32
        vocabulary = vocabulary ?? inputs[index]?.vocabulary
      }
      guard element != L.inputElement(at: position) else { continue }
      if element == .int32 {
        throw ShapeFault(
          "the model's input is int32 tokens, and \(L.type) takes numbers",
          rule: "tokens go through an embedding first")
      }
      throw ShapeFault(
        "\(L.type) takes int32 tokens, and its input is numbers",
        rule: "an embedding follows the model's input, with \"dtype\": \"int32\" and a vocabulary")
    }
    guard let graphLayer = layer as? any GraphLayer else {
      return try layer.taking(vocabulary: vocabulary)
    }
    guard let input = inputs[0] else { return layer }
    guard let graph = input.graph else {
      throw ShapeFault(
        "\(L.type) works on the vertices of a graph, and the model's input is none",
        rule: "the input of a model on a graph says \"graph\": true")
    }
    return try graphLayer.taking(graph) as? L ?? layer
  }

  private func placeInGraph(
    of layer: any Layer, at index: Int
  ) throws(ShapeFault) -> GraphPlace {
    guard inputs[0]?.graph != nil else { return GraphPlace() }
    let sources = (wiring.sources[index] ?? []).map(resolved)
    let before = sources.map { source -> Decoded? in
      if case .layer(let index) = source { decoded[index] } else { nil }
    }
    let areOfGraphs = Set(before.map { $0?.place.isOfGraphs ?? false })
    guard areOfGraphs.count <= 1 else {
      throw ShapeFault(
        field: "inputs", "some inputs are of vertices, others of graphs",
        rule: "what is joined is all before a graph_readout or all behind one")
    }
    let isOfGraphs = areOfGraphs.contains(true)
    if isOfGraphs, layer is any GraphLayer {
      throw ShapeFault(
        "its input is of graphs, which have no edges between them",
        rule: "\(type(of: layer).documentation.type) stands before graph_readout")
    }
    let takesFeatures = zip(sources, before).contains { source, layer in
      guard let layer else { return source == .input(0) }
      return layer.place.takesFeatures && layer.layer.sparseSupport == .keeps
    }
    let readsOut = (layer as? any GraphLayer).map { type(of: $0).readsOut } ?? false
    return GraphPlace(isOfGraphs: isOfGraphs || readsOut, takesFeatures: takesFeatures)
  }

  // MARK: - Sharing

  /// A layer that is to share has parameters of the same names and shapes as the one it shares with.
  private mutating func checkShare(at index: Int) {
    guard let share = wiring.shares[index], let ours = decoded[index] else { return }
    let parameters = ours.layer.allParameters(
      of: ours.inputShapes, output: ours.outputShape)
    let isOwn = layers[index].share != nil
    // In a container that shares there may be layers that have nothing to share.
    if !isOwn, parameters.isEmpty { return }
    var detail: String?
    if share.owner == index {
      detail = "there is no such layer in the container that it shares with"
    } else if let shared = decoded[share.owner] {
      let theirs = shared.layer.allParameters(
        of: shared.inputShapes, output: shared.outputShape)
      let name = layers[share.owner].name
      if theirs.isEmpty {
        detail = "\"\(name)\" has no parameters to share"
      } else if parameters.map(\.name) != theirs.map(\.name)
        || parameters.map(\.shape) != theirs.map(\.shape)
      {
        detail =
          "the parameters would be \(words(parameters)), those of \"\(name)\" are \(words(theirs))"
      }
    }
    let name = layers[index].name
    if let detail {
      wiring.placement.entries[share.entry].faults.add(
        share.pointer,
        "layer \"\(name)\" (\(type(of: ours.layer).type)): \(detail); rule: layers that "
          + "share have parameters of the same names and shapes")
    } else {
      decoded[index]?.share = share.owner
    }
  }

  private func words(_ parameters: [LayerParameter]) -> String {
    parameters.isEmpty
      ? "none" : parameters.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
  }
}

// MARK: - The result

extension LayerDecoder {
  /// The layers, of which those that turned out not to be needed are gone.
  typealias Finished = (specs: [LayerSpec], order: [Int], outputs: [LayerSource])

  /// - Parameter outputs: what the model gives; the last layer's output when `nil`.
  /// - Precondition: there are no faults.
  func finished(below pointer: String, outputs: [Reference]?) -> Finished {
    let kept = layers.indices.filter { decoded[$0] != nil }
    let positions = Dictionary(uniqueKeysWithValues: zip(kept, 0...))
    func final(_ source: LayerSource) -> LayerSource {
      guard case .layer(let index) = resolved(source) else { return resolved(source) }
      return .layer(positions[index] ?? 0)
    }
    let specs = kept.compactMap { index in
      decoded[index].map { decoded in
        LayerSpec(
          name: layers[index].name, layer: decoded.layer,
          sources: (wiring.sources[index] ?? []).map(final), inputShapes: decoded.inputShapes,
          outputShape: decoded.outputShape, isTrainable: layers[index].isTrainable,
          share: decoded.share.flatMap { positions[$0] },
          place: String(layers[index].pointer.dropFirst(pointer.count)),
          isOfGraphs: decoded.place.isOfGraphs, takesFeatures: decoded.place.takesFeatures)
      }
    }
    let chosen = outputs?.map { wiring.source($0).map(final) ?? .layer(specs.count - 1) }
    return (
      specs, wiring.order.compactMap { positions[$0] }, chosen ?? [.layer(specs.count - 1)]
    )
  }

  /// The layers and inputs that nothing takes, which is only known once all sources are.
  ///
  /// - Parameters:
  ///   - outputs: what the model gives.
  ///   - inputs: the names of what it takes.
  func unused(
    among layers: [LayerSpec], but outputs: [LayerSource], inputs: [String], pointer: String
  ) -> Faults {
    var isUsed = [Bool](repeating: false, count: layers.count)
    var isTaken = [Bool](repeating: false, count: inputs.count)
    for source in outputs + layers.flatMap(\.sources) {
      switch source {
      case .input(let index): isTaken[index] = true
      case .layer(let index): isUsed[index] = true
      }
    }
    var faults = Faults()
    for (name, isTaken) in zip(inputs, isTaken) where !isTaken {
      let place = name == InputSpec.onlyName && inputs.count == 1 ? name : "inputs/\(name)"
      faults.add("\(pointer)/\(place)", "no layer takes the input \"\(name)\"")
    }
    let isLast = outputs == [.layer(layers.count - 1)]
    var told: Set<String> = []
    for (layer, isUsed) in zip(layers, isUsed) where !isUsed && told.insert(layer.place).inserted {
      faults.add(
        pointer + layer.place,
        "nothing takes the output of layer \"\(layer.name)\", and "
          + (isLast
            ? "only the last layer's output is the model's" : "it is none of the model's outputs"))
    }
    return faults
  }

  /// The elements of `layers`, with all names and defaults written out.
  func elements(_ outline: [Outline]) -> [JSON] {
    outline.map { element in
      element.json(
        layer: { decoded[$0]?.layer },
        isPlain: { common in
          // Of several inputs the first layer names its own, whichever it is.
          let isNamed = inputs.count > 1 && common.follows == .beginning(scope: 0)
          return !isNamed
            && common.inputs?.map { wiring.source($0.reference) } == [wiring.source(common.follows)]
        })
    }
  }
}
