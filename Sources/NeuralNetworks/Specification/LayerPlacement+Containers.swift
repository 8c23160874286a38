import JSON

/// Opening containers.
extension LayerPlacement {
  /// What a container comes to: its output, and how it is written.
  typealias Opened = (output: Reference, outlines: [Outline])

  mutating func placeContainer(
    _ container: Container, _ element: LayerElement, _ reader: inout ObjectReader,
    _ surroundings: Surroundings
  ) -> Opened {
    let inside = layers(Container.layersField.name, &reader)
    if inside == nil { _ = reader.requiredValue(Container.layersField.name) }
    var shortcut: [JSON]?
    if case .residual = container { shortcut = layers(Residual.shortcutField.name, &reader) }
    let isTooDeep = surroundings.depth >= LayerLimits.nesting
    if isTooDeep {
      reader.fault(
        Container.layersField.name,
        "are in \(surroundings.depth + 1) containers; at most \(LayerLimits.nesting), one in the other"
      )
    }
    // What is wrong with the container's members has been told if this is another application of it.
    if !surroundings.isAgain { entries[element.entry].faults.add(reader.finish()) }
    var scope = LayerScope(
      prefix: element.qualifiedName + ".", parent: element.scope,
      beginning: element.inputs?[0] ?? element.common.follows, pointer: element.pointer,
      entry: element.entry,
      isFrozen: scopes[element.scope].isFrozen || !element.common.isTrainable)
    scope.share = element.common.share.map(SharedScope.named)
    guard let inside, !isTooDeep else {
      return (placeUnknown(element.qualifiedName, at: element.pointer, in: element.scope), [])
    }
    var around = surroundings
    around.depth += 1
    around.reserved = []
    switch container {
    case .residual(let residual):
      return place(residual, element, scope, inside, shortcut, around)
    case .repetition(let repetition):
      return place(repetition, element, scope, inside, around)
    }
  }

  private func layers(_ name: String, _ reader: inout ObjectReader) -> [JSON]? {
    reader.array(name, count: 1...LayerLimits.layers)
  }

  /// The layers, then the projection or the shortcut's layers, then the sum.
  private mutating func place(
    _ residual: Residual, _ element: LayerElement, _ scope: LayerScope, _ inside: [JSON],
    _ shortcut: [JSON]?, _ around: Surroundings
  ) -> Opened {
    let name = element.qualifiedName
    let inner = open(scope)
    var around = around
    around.reserved = Residual.reservedNames
    let body = place(inside, at: "\(element.pointer)/layers", in: inner, around: around)
    let tapped = shortcutInput(of: residual, element, body, inner)
    var end = Reference.beginning(scope: inner)
    var outlines: [Outline] = []
    if let shortcut {
      let own = open(
        LayerScope(
          prefix: "\(name).shortcut.", parent: inner, beginning: tapped, pointer: element.pointer,
          entry: element.entry, isFrozen: scope.isFrozen))
      around.reserved = []
      let placed = place(shortcut, at: "\(element.pointer)/shortcut", in: own, around: around)
      end = placed.output
      outlines = placed.outlines
      register("\(name).shortcut", end)
    } else if residual.projection != .never {
      let isNeeded = residual.projection == .always
      end = append(
        PlacedLayer(
          name: "\(name).projection", pointer: element.pointer, entry: element.entry,
          scope: inner,
          content: .projection(to: body.output, elseTakes: isNeeded ? nil : end),
          inputs: [tapped], isTrainable: !scope.isFrozen, share: nil))
      register("\(name).projection", end)
    }
    let output = append(
      PlacedLayer(
        name: name, pointer: element.pointer, entry: element.entry, scope: element.scope,
        content: .sum(residual, scope: inner, hasShortcut: shortcut != nil),
        inputs: [body.output, end], isTrainable: !scope.isFrozen, share: nil))
    let outline = Outline.container(
      .residual(residual), element.common, layers: body.outlines, shortcut: outlines)
    return (output, [outline])
  }

  /// What a projection or a shortcut's layers take.
  private mutating func shortcutInput(
    of residual: Residual, _ element: LayerElement, _ body: PlacedList, _ inner: Int
  ) -> Reference {
    let input = Reference.beginning(scope: inner)
    guard residual.isPreActivation else { return input }
    if body.preActivation == nil {
      entries[element.entry].faults.add(
        "\(element.pointer)/pre_activation",
        "the layers don't begin with a pre-activation; rule: it is one or several of "
          + Residual.preActivationTypes.sorted().joined(separator: ", ") + ", without inputs")
    }
    return body.preActivation ?? input
  }

  /// One application after the other, as long as there is room for them.
  private mutating func place(
    _ repetition: Repetition, _ element: LayerElement, _ scope: LayerScope, _ inside: [JSON],
    _ around: Surroundings
  ) -> Opened {
    var around = around
    var whole = scope
    whole.isSearched = false
    let parent = open(whole)
    var output = Reference.beginning(scope: parent)
    var outlines: [Outline] = []
    var firstPass: Int?
    let before = layers.count
    for pass in 0..<repetition.times {
      let prefix = repetition.prefix(element.qualifiedName, pass: pass)
      let own = open(
        LayerScope(
          prefix: prefix + ".", parent: parent, beginning: output, pointer: element.pointer,
          entry: element.entry, isFrozen: scope.isFrozen,
          share: repetition.isShared ? firstPass.map(SharedScope.scope) : nil))
      firstPass = firstPass ?? own
      around.isAgain = around.isAgain || pass > 0
      let placed = place(inside, at: "\(element.pointer)/layers", in: own, around: around)
      output = placed.output
      if prefix != element.qualifiedName { register(prefix, output) }
      guard pass == 0 else { continue }
      outlines = placed.outlines
      guard hasRoom(for: repetition, element, layers.count - before, before) else { break }
    }
    let outline = Outline.container(
      .repetition(repetition), element.common, layers: outlines, shortcut: [])
    return (output, [outline])
  }

  /// Whether the model may have so many layers; else the fault is told, and those of the layers inside can
  /// still be.
  private mutating func hasRoom(
    for repetition: Repetition, _ element: LayerElement, _ added: Int, _ before: Int
  ) -> Bool {
    let total = before + added * repetition.times
    guard total > LayerLimits.layers else { return added > 0 }
    cut.append(element.qualifiedName + ".")
    if !isFull {
      entries[element.entry].faults.add(
        "\(element.pointer)/times",
        "\(repetition.times) times \(added) layers, with \(before) before them, are \(total) layers; a "
          + "model has at most \(LayerLimits.layers)")
    }
    return false
  }
}
