import JSON

/// Reads a spec's `outputs`: the layers whose outputs are the model's.
enum OutputDecoder {
  /// One of the names given, and what it means.
  struct Chosen {
    let name: String
    let reference: Reference
    let pointer: String
  }

  /// - Parameters:
  ///   - value: the member, a name or a list of names.
  ///   - placement: in which the names are looked up.
  static func decode(
    _ value: JSON, among placement: LayerPlacement, pointer: String, faults: inout Faults
  ) -> [Chosen] {
    let elements: [JSON]
    switch value {
    case .string: elements = [value]
    case .array(let array): elements = array
    default:
      faults.add(pointer, "expected a list of layers' names, found \(value.kind)")
      return []
    }
    guard (1...LayerLimits.outputs).contains(elements.count) else {
      faults.add(pointer, "has \(elements.count) elements; from 1 to \(LayerLimits.outputs)")
      return []
    }
    var outputs: [Chosen] = []
    for (index, element) in elements.enumerated() {
      let place = value.array == nil ? pointer : "\(pointer)/\(index)"
      guard let name = element.string else {
        faults.add(place, "expected the name of a layer, found \(element.kind)")
        continue
      }
      if placement.inputs.contains(name) {
        faults.add(place, "\"\(name)\" is an input; an output is made by a layer")
        continue
      }
      guard placement.names[name] != nil else {
        if !placement.cut.contains(where: name.hasPrefix) {
          let known = placement.scopes[0].names.filter { !placement.inputs.contains($0) }
          faults.add(
            place, "there is no layer \"\(name.clipped)\"\(nearest(name, among: known))")
        }
        continue
      }
      if outputs.contains(where: { $0.name == name }) {
        faults.add(place, "\"\(name)\" is an output already; each is named once")
        continue
      }
      outputs.append(Chosen(name: name, reference: .named(name, scope: 0), pointer: place))
    }
    return outputs
  }

  /// Names that mean the same layer: a container's, and that of the layer at its end.
  static func repeated(_ sources: [LayerSource], _ chosen: [Chosen]) -> Faults {
    var faults = Faults()
    for (index, output) in chosen.enumerated() {
      guard let first = sources[..<index].firstIndex(of: sources[index]) else { continue }
      faults.add(
        output.pointer, "\"\(output.name)\" is what \"\(chosen[first].name)\" gives already")
    }
    return faults
  }
}
