import JSON

/// One element of a list of layers, as far as it is like all others.
struct LayerElement {
  let qualifiedName: String
  let pointer: String
  let entry: Int
  let scope: Int
  let common: CommonMembers
  /// What it takes; `nil` after a fault.
  let inputs: [Reference]?
}

/// Reading what every layer and every container may have: `name`, `inputs`, `trainable` and `share`.
extension LayerPlacement {
  /// The name that an element has or gets.
  ///
  /// - Parameter first: where in the list each name stood first.
  mutating func name(
    of json: JSON, index: Int, at pointer: String, _ first: inout [String: Int],
    _ surroundings: Surroundings
  ) -> String {
    let given = json["name"]?.string?.clipped
    let name = given ?? "\(json["type"]?.string?.clipped ?? "layer")_\(index)"
    let place = given == nil ? pointer : "\(pointer)/name"
    if given != nil { checkName(name, at: place, surroundings) }
    if let other = first[name] {
      fault(place, "the name \"\(name)\" is already that of layer \(other)")
    } else {
      first[name] = index
    }
    return name
  }

  private mutating func checkName(_ name: String, at place: String, _ surroundings: Surroundings) {
    if surroundings.depth == 0, case .source(.input)? = names[name] {
      fault(
        place,
        "\"\(name)\" is the name of \(inputs.count == 1 ? "the model's input" : "one of the model's inputs")"
      )
    } else if name == "input" {
      fault(place, "\"input\" is the name of what the container takes")
    } else if surroundings.reserved.contains(name) {
      fault(place, "\"\(name)\" is the name of what the residual has on its shortcut")
    }
    if let detail = LayerName.fault(name) { fault(place, detail) }
  }

  /// - Parameters:
  ///   - follows: what it takes without `inputs`.
  ///   - count: how many inputs the layer takes; `nil` for a container.
  func element(
    _ name: String, at pointer: String, in scope: Int, follows: Reference,
    takes count: ClosedRange<Int>?, _ reader: inout ObjectReader
  ) -> LayerElement {
    _ = reader.string("name")
    let given = inputNames(&reader, count: count ?? 1...1)
    let isTrainable = reader.bool("trainable") ?? true
    let share = reader.string("share")
    let named = given.names?.map { (name: $0, reference: Reference.named($0, scope: scope)) }
    // The chain begins with the only input; of several none is meant more than the others.
    let isUndecided =
      named == nil && !given.isFaulty && self.inputs.count > 1 && follows == .beginning(scope: 0)
    if isUndecided {
      reader.fault(
        "inputs",
        "is missing: the model has the inputs \(self.inputs.joined(separator: ", ")); "
          + "name the one that the first layer takes")
    }
    let inputs = named.map { $0.map(\.reference) } ?? [follows]
    return LayerElement(
      qualifiedName: scopes[scope].prefix + name, pointer: pointer, entry: entries.count - 1,
      scope: scope,
      common: CommonMembers(
        name: name, inputs: named, follows: follows, isTrainable: isTrainable, share: share),
      inputs: given.isFaulty || isUndecided ? nil : inputs)
  }

  /// The names in `inputs`; `nil` when the member is absent.
  private func inputNames(
    _ reader: inout ObjectReader, count: ClosedRange<Int>
  ) -> (names: [String]?, isFaulty: Bool) {
    let type = reader.object["type"]?.string ?? "it"
    guard let value = reader.value("inputs") else {
      guard count.lowerBound > 1 else { return (nil, false) }
      reader.fault("inputs", "\(type) takes \(count.lowerBound) inputs or more; name them")
      return (nil, true)
    }
    let given: [JSON]
    if case .string = value { given = [value] } else { given = reader.array("inputs") ?? [] }
    guard count.contains(given.count) else {
      if !given.isEmpty || value.array != nil {
        let wanted =
          count.lowerBound == count.upperBound
          ? "\(count.lowerBound) input\(count.lowerBound == 1 ? "" : "s")"
          : "\(count.lowerBound) to \(count.upperBound) inputs"
        reader.fault("inputs", "\(type) takes \(wanted), found \(given.count)")
      }
      return (nil, true)
    }
    var names: [String] = []
    for element in given {
      guard let name = element.string else {
        reader.fault("inputs", "expected the name of a layer, found \(element.kind)")
        continue
      }
      names.append(name)
    }
    return names.count == given.count ? (names, false) : (nil, true)
  }
}

extension String {
  /// At most its first 80 bytes: a name that is too long must not be copied into those of all layers inside.
  var clipped: String {
    utf8.count <= 80 ? self : String(decoding: utf8.prefix(80), as: UTF8.self)
  }
}
