import JSON

/// A list of layers as the document nests them, to write it again with everything spelt out.
indirect enum Outline {
  /// The layer of this place.
  case layer(Int, CommonMembers)
  case container(Container, CommonMembers, layers: [Outline], shortcut: [Outline])

  /// The document's element.
  ///
  /// - Parameters:
  ///   - layer: the layer that came to be at a place.
  ///   - isPlain: whether what an element takes goes without saying.
  func json(layer: (Int) -> (any Layer)?, isPlain: (CommonMembers) -> Bool) -> JSON {
    switch self {
    case .layer(let index, let common):
      guard let layer = layer(index) else { return .null }
      return .object(
        common.object(type: type(of: layer).type, layer.configuration, isPlain: isPlain(common)))
    case .container(let container, let common, let layers, let shortcut):
      var object = common.object(
        type: container.type, container.configuration, isPlain: isPlain(common))
      func array(_ outlines: [Outline]) -> JSON {
        .array(outlines.map { $0.json(layer: layer, isPlain: isPlain) })
      }
      if !shortcut.isEmpty { object[Residual.shortcutField.name] = array(shortcut) }
      object[Container.layersField.name] = array(layers)
      return .object(object)
    }
  }
}

/// The members that every layer and every container may have, as the document gives them.
struct CommonMembers {
  let name: String
  /// The names in `inputs`, and what they mean; `nil` when the member is absent.
  let inputs: [(name: String, reference: Reference)]?
  /// What it takes when `inputs` is absent.
  let follows: Reference
  let isTrainable: Bool
  let share: String?

  func object(type: String, _ configuration: [(String, JSON)], isPlain: Bool) -> JSONObject {
    var object = JSONObject([("type", .string(type)), ("name", .string(name))])
    if let inputs, !isPlain { object["inputs"] = .array(inputs.map { .string($0.name) }) }
    if !isTrainable { object["trainable"] = false }
    if let share { object["share"] = .string(share) }
    for (name, value) in configuration { object[name] = value }
    return object
  }
}
