import JSON

/// Finds what each placed layer takes and whose parameters it uses, and an order in which the layers can be
/// computed.
struct LayerWiring {
  /// The layer whose parameters another uses.
  struct Share {
    let owner: Int
    /// Where the wish to share stands.
    let pointer: String
    let entry: Int
  }

  var placement: LayerPlacement
  /// What each layer takes; `nil` after a fault.
  private(set) var sources: [[LayerSource]?] = []
  private(set) var shares: [Share?] = []
  /// Every layer once, after those it takes, and else as the document has them.
  private(set) var order: [Int] = []
  /// What each scope's first layer follows.
  private var beginnings: [LayerSource?] = []
  /// What the names of those layers begin with whose parameters a scope's layers use.
  private var sharedPrefixes: [String?] = []
  /// So many more names are compared with all others: a document of nothing but unknown names must be
  /// answered quickly too.
  private var suggestions = 20
  /// No qualified name is longer, with `LayerLimits.nesting` containers around the layer.
  private static let longestName = 4_096
  private var cyclesTold: Set<String> = []

  init(_ placement: LayerPlacement) {
    self.placement = placement
    for scope in placement.scopes {
      beginnings.append(
        source(scope.beginning, for: (scope.pointer, scope.entry)))
      sharedPrefixes.append(sharedPrefix(of: scope))
    }
    for layer in placement.layers {
      sources.append(
        layer.inputs.flatMap { inputs in
          let found = inputs.map { source($0, for: (layer.pointer, layer.entry)) }
          return found.contains(nil) ? nil : found.compactMap(\.self)
        })
    }
    for index in placement.layers.indices { shares.append(share(of: index)) }
    findOrder()
  }

  /// What a reference means; `nil` when it's unknown.
  ///
  /// - Parameter place: whose `inputs` it is, to tell that there's no such layer.
  mutating func source(
    _ reference: Reference, for place: (pointer: String, entry: Int)
  ) -> LayerSource? {
    switch reference {
    case .source(let source): return source
    case .beginning(let scope): return beginnings.indices.contains(scope) ? beginnings[scope] : nil
    case .named(let name, let scope):
      if name == "input", scope != 0 {
        return beginnings.indices.contains(scope) ? beginnings[scope] : nil
      }
      guard let found = qualified(name, in: scope), let reference = placement.names[found] else {
        unknown(name, in: scope, member: "inputs", of: place)
        return nil
      }
      return source(reference, for: place)
    }
  }

  /// What a reference means, once everything is known.
  func source(_ reference: Reference) -> LayerSource? {
    switch reference {
    case .source(let source): return source
    case .beginning(let scope): return beginnings[scope]
    case .named("input", let scope) where scope != 0: return beginnings[scope]
    case .named(let name, let scope):
      return qualified(name, in: scope).flatMap { placement.names[$0] }.flatMap { source($0) }
    }
  }

  /// The qualified name that a name stands for: that of the innermost list that has it.
  private func qualified(_ name: String, in scope: Int) -> String? {
    guard name.utf8.count <= LayerWiring.longestName else { return nil }
    var next: Int? = scope
    while let index = next {
      let scope = placement.scopes[index]
      let candidate = scope.prefix + name
      if scope.isSearched, placement.names[candidate] != nil { return candidate }
      next = scope.parent
    }
    return nil
  }

  private mutating func unknown(
    _ name: String, in scope: Int, member: String, of place: (pointer: String, entry: Int)
  ) {
    let name = name.clipped
    // The outermost list has the inputs' names among its own.
    var known = member == "inputs" && scope != 0 ? ["input"] : []
    var next: Int? = scope
    while let index = next {
      let scope = placement.scopes[index]
      // A layer of that name may be among those that were left out.
      if placement.cut.contains(where: (scope.prefix + name).hasPrefix) { return }
      if scope.isSearched, suggestions > 0 { known += scope.names }
      next = scope.parent
    }
    let suggestion = suggestions > 0 ? nearest(name, among: known) : ""
    suggestions -= 1
    placement.entries[place.entry].faults.add(
      "\(place.pointer)/\(member)", "there is no layer \"\(name)\"\(suggestion)")
  }
}

// MARK: - Sharing

extension LayerWiring {
  private mutating func sharedPrefix(of scope: LayerScope) -> String? {
    switch scope.share {
    case nil: return nil
    case .scope(let index): return placement.scopes[index].prefix
    case .named(let name):
      let place = (scope.pointer, scope.entry)
      guard let parent = scope.parent, let found = qualified(name, in: parent) else {
        unknown(name, in: scope.parent ?? 0, member: "share", of: place)
        return nil
      }
      var detail: String?
      if let entry = placement.containers[found] {
        if entry >= scope.entry {
          let which =
            entry == scope.entry ? "this container itself" : "a container that comes later"
          detail = "\"\(name)\" is \(which); a container shares with one before it"
        }
      } else {
        detail = "\"\(name)\" is no container; a container shares with a container before it"
      }
      if let detail {
        placement.entries[scope.entry].faults.add("\(scope.pointer)/share", detail)
        return nil
      }
      return found + "."
    }
  }

  private mutating func share(of index: Int) -> Share? {
    let layer = placement.layers[index]
    if let name = layer.share { return namedShare(name, of: layer, at: index) }
    var next: Int?
    switch layer.content {
    case .unknown: return nil
    case .layer, .projection: next = layer.scope
    // The sum is the residual's own, and shares where the residual does.
    case .sum(_, let scope, _): next = scope
    }
    while let scopeIndex = next {
      let scope = placement.scopes[scopeIndex]
      next = scope.parent
      guard scope.share != nil else { continue }
      guard let prefix = sharedPrefixes[scopeIndex] else { return nil }
      let name = String((prefix + (layer.name + ".").dropFirst(scope.prefix.count)).dropLast())
      guard case .source(.layer(let other))? = placement.names[name], other < index else {
        // What the other container lacks is a fault only where there are parameters to share.
        return Share(owner: index, pointer: "\(scope.pointer)/share", entry: scope.entry)
      }
      return Share(
        owner: shares[other]?.owner ?? other, pointer: "\(scope.pointer)/share",
        entry: scope.entry)
    }
    return nil
  }

  private mutating func namedShare(_ name: String, of layer: PlacedLayer, at index: Int) -> Share? {
    let place = (layer.pointer, layer.entry)
    guard let found = qualified(name, in: layer.scope) else {
      unknown(name, in: layer.scope, member: "share", of: place)
      return nil
    }
    let detail: String
    switch placement.names[found] {
    case .source(.layer(let other))? where placement.containers[found] == nil:
      if other < index {
        return Share(
          owner: shares[other]?.owner ?? other, pointer: "\(layer.pointer)/share",
          entry: layer.entry)
      }
      let which = other == index ? "this layer itself" : "a layer that comes later"
      detail = "\"\(name)\" is \(which); a layer shares with one before it"
    case .source(.input)?:
      detail = "\"\(name)\" is the model's input; a layer shares with one before it"
    default:
      detail = "\"\(name)\" is a container; name a layer in it, such as \"\(name).…\""
    }
    placement.entries[layer.entry].faults.add("\(layer.pointer)/share", detail)
    return nil
  }
}

// MARK: - Order

extension LayerWiring {
  /// Visits what a layer takes before the layer itself; where that leads back to it, there's a cycle.
  private mutating func findOrder() {
    enum Mark { case unseen, open, done }
    var marks = [Mark](repeating: .unseen, count: placement.layers.count)
    let taken = placement.layers.indices.map(dependencies)
    for start in placement.layers.indices where marks[start] == .unseen {
      var path = [(layer: start, next: 0)]
      marks[start] = .open
      while let last = path.last {
        guard last.next < taken[last.layer].count else {
          marks[last.layer] = .done
          order.append(last.layer)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let other = taken[last.layer][last.next]
        switch marks[other] {
        case .unseen:
          marks[other] = .open
          path.append((other, 0))
        case .open:
          let members = path.map(\.layer)
          // From a layer to one that takes it, which is against the way that was gone.
          cycle(members[(members.firstIndex(of: other) ?? 0)...].reversed())
        case .done: break
        }
      }
    }
  }

  /// The layers that must be known before this one.
  private func dependencies(of index: Int) -> [Int] {
    var all = sources[index] ?? []
    if case .projection(let target, let other) = placement.layers[index].content {
      all += [source(target), other.flatMap { source($0) }].compactMap(\.self)
    }
    return all.compactMap { source in
      if case .layer(let index) = source { index } else { nil }
    }
  }

  /// Tells of a cycle at the first of its layers that names what it takes, unless another was told there.
  private mutating func cycle(_ members: [Int]) {
    let places = members.map(naming)
    let named = members.indices.filter { places[$0] != nil }
    let first = (named.isEmpty ? Array(members.indices) : named)
      .min { members[$0] < members[$1] }
    guard let first else { return }
    let layer = placement.layers[members[first]]
    let place = places[first] ?? (layer.pointer, layer.entry)
    guard cyclesTold.insert(place.pointer).inserted else { return }
    var names = (members[first...] + members[..<first]).map { placement.layers[$0].name }
    names.append(names[0])
    if names.count > 12 {
      names.replaceSubrange(6..<names.count - 5, with: ["… \(names.count - 11) more …"])
    }
    placement.entries[place.entry].faults.add(
      place.pointer,
      "the layers take each other in a cycle: \(names.joined(separator: " -> ")); rule: what a layer "
        + "takes can be computed before it")
  }

  /// Where it is written what a layer takes: in its own `inputs`, or in those of the container that it begins.
  private func naming(of index: Int) -> (pointer: String, entry: Int)? {
    let layer = placement.layers[index]
    for input in layer.inputs ?? [] {
      var reference = input
      var place = (pointer: layer.pointer, entry: layer.entry)
      while case .beginning(let index) = reference {
        let scope = placement.scopes[index]
        place = (scope.pointer, scope.entry)
        reference = scope.beginning
      }
      if case .named = reference { return ("\(place.pointer)/inputs", place.entry) }
    }
    return nil
  }
}
