import JSON

/// Opens the containers of a document: what is left is a list of layers with qualified names, which know
/// by name or place what they take.
///
/// The list is in the order of the document. It can't outgrow `LayerLimits.layers`, whatever the document
/// says.
struct LayerPlacement {
  private(set) var layers: [PlacedLayer] = []
  private(set) var scopes: [LayerScope] = []
  /// What each qualified name means; those of containers mean their output.
  private(set) var names: [String: Reference] = [:]
  /// The entry of each container, by its qualified name.
  var containers: [String: Int] = [:]
  /// The faults of each layer and container, in the order of the document.
  var entries: [Entry] = []
  private(set) var outline: [Outline] = []
  /// The names of what the model takes.
  let inputs: [String]
  /// Whether it has been told that there are too many layers.
  private(set) var isFull = false
  /// What the names of layers begin with that were left out, since they'd be too many.
  var cut: [String] = []

  /// The faults found at one place.
  struct Entry {
    /// Whether an earlier application of the same layer has told its faults.
    let isAgain: Bool
    var faults = Faults()
  }

  /// What the elements of one list have in common.
  struct Surroundings {
    var depth = 0
    var isAgain = false
    var reserved: Set<String> = []
  }

  /// What became of a list.
  struct PlacedList {
    /// The output of the last layer.
    var output: Reference
    var outlines: [Outline] = []
    /// The output of the last of those layers, at the beginning, that can be a pre-activation.
    var preActivation: Reference?
  }

  private static let choices = LayerCatalog.entries + Container.entries

  /// - Parameter inputs: the names of what the model takes; the first layer follows an only one.
  init(_ elements: [JSON], pointer: String, inputs: [String]) {
    self.inputs = inputs
    let root = open(
      LayerScope(
        prefix: "", parent: nil, beginning: .source(.input(0)),
        pointer: pointer, entry: 0, isFrozen: false))
    for (index, input) in inputs.enumerated() {
      names[input] = .source(.input(index))
      scopes[root].names.append(input)
    }
    outline = place(elements, at: pointer, in: root, around: Surroundings()).outlines
  }

  mutating func open(_ scope: LayerScope) -> Int {
    scopes.append(scope)
    return scopes.count - 1
  }

  mutating func append(_ layer: PlacedLayer) -> Reference {
    layers.append(layer)
    return .source(.layer(layers.count - 1))
  }

  /// Keeps the first meaning of a name; that there is a second one has been told.
  mutating func register(_ name: String, _ reference: Reference) {
    if names[name] == nil { names[name] = reference }
  }

  /// Records a fault of the element that is being read.
  mutating func fault(_ pointer: String, _ detail: String) {
    entries[entries.count - 1].faults.add(pointer, detail)
  }

  mutating func place(
    _ elements: [JSON], at pointer: String, in scope: Int, around surroundings: Surroundings
  ) -> PlacedList {
    var placed = PlacedList(output: .beginning(scope: scope))
    var first: [String: Int] = [:]
    var isBeginning = true
    for (index, json) in elements.enumerated() {
      entries.append(Entry(isAgain: surroundings.isAgain))
      guard layers.count < LayerLimits.layers else {
        tooMany(at: pointer)
        break
      }
      let place = "\(pointer)/\(index)"
      let name = name(of: json, index: index, at: place, &first, surroundings)
      scopes[scope].names.append(name)
      guard var choice = choice(json, at: place) else {
        isBeginning = false
        placed.output = placeUnknown(scopes[scope].prefix + name, at: place, in: scope)
        continue
      }
      let container = choice.index - LayerCatalog.all.count
      let type = container < 0 ? LayerCatalog.all[choice.index] : nil
      let element = element(
        name, at: place, in: scope, follows: placed.output, takes: type?.inputCount,
        &choice.reader)
      if let type {
        placed.output = placeLayer(type, element, choice.reader)
        placed.outlines.append(.layer(layers.count - 1, element.common))
        let isOne = Residual.preActivationTypes.contains(type.type)
        isBeginning = isBeginning && isOne && element.common.inputs == nil
        if isBeginning { placed.preActivation = placed.output }
      } else {
        isBeginning = false
        containers[element.qualifiedName] = element.entry
        let opened = placeContainer(
          Container(container, from: &choice.reader), element, &choice.reader, surroundings)
        placed.output = opened.output
        placed.outlines += opened.outlines
      }
      register(element.qualifiedName, placed.output)
    }
    return placed
  }

  private mutating func choice(_ json: JSON, at pointer: String) -> CatalogChoice? {
    guard case .object = json else {
      fault(pointer, "expected an object, found \(json.kind)")
      return nil
    }
    do throws(Faults) {
      return try CatalogChoice(
        json, among: LayerPlacement.choices, kind: "a layer", pointer: pointer)
    } catch {
      entries[entries.count - 1].faults.add(error)
      return nil
    }
  }

  private mutating func tooMany(at pointer: String) {
    guard !isFull else { return }
    isFull = true
    cut.append("")
    fault(
      pointer,
      "once the containers are opened the model has more than \(LayerLimits.layers) layers, the most "
        + "there may be")
  }

  private mutating func placeLayer(
    _ type: any Layer.Type, _ element: LayerElement, _ reader: ObjectReader
  ) -> Reference {
    append(
      PlacedLayer(
        name: element.qualifiedName, pointer: element.pointer, entry: element.entry,
        scope: element.scope, content: .layer(type: type, reader), inputs: element.inputs,
        isTrainable: element.common.isTrainable && !scopes[element.scope].isFrozen,
        share: element.common.share))
  }

  /// Keeps a place for what couldn't be read, so that what takes it is not at fault too.
  mutating func placeUnknown(
    _ qualifiedName: String, at pointer: String, in scope: Int
  ) -> Reference {
    let reference = append(
      PlacedLayer(
        name: qualifiedName, pointer: pointer, entry: entries.count - 1, scope: scope,
        content: .unknown, inputs: nil, isTrainable: true, share: nil))
    register(qualifiedName, reference)
    return reference
  }
}
