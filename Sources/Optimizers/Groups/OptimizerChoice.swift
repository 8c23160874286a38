import JSON

/// An optimizer, and for some layers the same with other members.
///
/// The member `groups` of the `optimizer` object lists them; a parameter belongs to the first group that names it or its layer, and to
/// none when no group does.
public struct OptimizerChoice: Sendable {
  /// What a group says.
  public struct Group: Sendable {
    /// In the series `learning_rate.<name>`.
    public let name: String
    public let layers: [NamePattern]
    public let parameters: [NamePattern]
    /// With what the group has in place of the others' members.
    public let optimizer: any Optimizer
    /// Whether it never moves.
    public let isFrozen: Bool
    /// When it begins to move; `nil` for one that always does, or never.
    public let thaw: Thaw?

    /// The number of the first step that moves it, from 1.
    public func firstStep(perEpoch steps: Int) -> Int {
      isFrozen ? .max : thaw?.firstStep(perEpoch: steps) ?? 1
    }

    public func holds(layer: String, parameter: String) -> Bool {
      layers.contains { $0.matches(layer) } || parameters.contains { $0.matches(parameter) }
    }
  }

  public let base: any Optimizer
  public let groups: [Group]

  public static let mostGroups = 64

  /// The optimizer, when it looks at a batch by itself.
  public var solving: (any SolvingOptimizer)? { base as? any SolvingOptimizer }

  public init(_ base: any Optimizer, groups: [Group] = []) {
    self.base = base
    self.groups = groups
  }

  /// Reads the optimizer's name, or its object with `groups` beside its own members.
  public init(_ json: JSON, pointer: String) throws(Faults) {
    guard case .object(var object) = json, object["groups"] != nil, object["groups"] != .null else {
      base = try OptimizerCatalog.decode(json, pointer: pointer)
      groups = []
      return
    }
    let list = object["groups"] ?? .null
    object["groups"] = nil
    base = try OptimizerCatalog.decode(.object(object), pointer: pointer)
    var reader = ObjectReader(["groups": list], pointer: pointer)
    var faults = Faults()
    var groups: [Group] = []
    for (index, value) in (reader.array("groups", count: 1...Self.mostGroups) ?? []).enumerated() {
      let place = "\(reader.pointer(to: "groups"))/\(index)"
      do throws(Faults) {
        let group = try Self.group(value, index: index, of: object, pointer: place)
        if base is any SolvingOptimizer, !group.isFrozen {
          faults.add(
            place,
            "\(type(of: base).type) moves all parameters together; a group can only hold some still, with \"frozen\": true"
          )
        }
        if groups.contains(where: { $0.name == group.name }) {
          faults.add(place + "/name", "\"\(group.name)\" is another group's name too")
        }
        groups.append(group)
      } catch {
        faults.add(error)
      }
    }
    if base.learningRate == 0, faults.isEmpty {
      faults.add(
        pointer + "/learning_rate",
        "is 0, and a schedule changes the groups' rates as it does this one; give a group of all other layers "
          + "\"frozen\": true instead")
    }
    faults.add(reader.faults)
    try faults.check()
    self.groups = groups
  }

  private static func group(
    _ json: JSON, index: Int, of object: JSONObject, pointer: String
  ) throws(Faults) -> Group {
    var reader = ObjectReader(json, pointer: pointer)
    let name = reader.string("name") ?? "group_\(index + 1)"
    if !isName(name) {
      reader.fault("name", "has to be 1 to 64 letters, digits, _ and -")
    }
    let layers = NamePattern.decoded(&reader, "layers")
    let parameters = NamePattern.decoded(&reader, "parameters")
    if !reader.has("layers"), !reader.has("parameters"), reader.faults.isEmpty {
      reader.fault("layers", "is missing; give the names of layers, or of parameters in parameters")
    }
    let frozen = reader.bool("frozen")
    let thaw = Thaw.decoded(&reader)
    if frozen == false, reader.has("unfreeze_at") {
      reader.fault("frozen", "contradicts unfreeze_at: until then the group is frozen")
    }
    try reader.faults.check()
    let isFrozen = frozen == true && thaw == nil
    let own = ["name", "layers", "parameters", "frozen", "unfreeze_at"]
    let members = reader.object.names.filter { !own.contains($0) }
    if isFrozen, let member = members.first {
      throw Faults([
        Fault(
          pointer: reader.pointer(to: member),
          detail:
            "contradicts frozen: what doesn't move has no use for it; unfreeze_at says when it begins to move"
        )
      ])
    }
    for member in members where member == "type" || member == "optimizer" || member == "groups" {
      throw Faults([
        Fault(
          pointer: reader.pointer(to: member),
          detail: "a group changes members of the run's optimizer, not which one it is")
      ])
    }
    var changes = JSONObject()
    for member in members { changes[member] = reader.object[member] }
    return Group(
      name: name, layers: layers, parameters: parameters,
      optimizer: try OptimizerCatalog.decode(
        .object(merged(object, changes)), pointer: pointer), isFrozen: isFrozen, thaw: thaw)
  }

  /// The members of the innermost optimizer, with changes.
  private static func merged(_ object: JSONObject, _ changes: JSONObject) -> JSONObject {
    var merged = object
    switch object["optimizer"] {
    case .object(let inner)?: merged["optimizer"] = .object(Self.merged(inner, changes))
    case .string(let name)?:
      merged["optimizer"] = .object(Self.merged(JSONObject([("type", .string(name))]), changes))
    default: for name in changes.names { merged[name] = changes[name] }
    }
    return merged
  }

  private static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
          || $0 == UInt8(ascii: "-")
      }
  }

  /// For each parameter the place of its group; `nil` where it belongs to none.
  public func assignment(_ parameters: [(layer: String, name: String)]) -> [Int?] {
    parameters.map { parameter in
      groups.firstIndex { $0.holds(layer: parameter.layer, parameter: parameter.name) }
    }
  }

  /// For each parameter the number of the first step that moves it, from 1; `Int.max` where none does.
  ///
  /// - Parameter steps: of an epoch.
  public func firstSteps(
    _ parameters: [(layer: String, name: String)], perEpoch steps: Int
  ) -> [Int] {
    assignment(parameters).map { $0.map { groups[$0].firstStep(perEpoch: steps) } ?? 1 }
  }

  /// Groups that a run ends before they move.
  ///
  /// - Parameter pointer: where the optimizer stands.
  public func faults(in length: RunLength, pointer: String) -> Faults {
    var faults = Faults()
    for (index, group) in groups.enumerated() {
      guard let thaw = group.thaw else { continue }
      let first = thaw.firstStep(perEpoch: length.stepsPerEpoch)
      guard first > length.steps else { continue }
      faults.add(
        "\(pointer)/groups/\(index)/unfreeze_at/\(thaw.member)",
        "is step \(first), and the run ends with step \(length.steps), of \(length.stepsPerEpoch) an epoch; take an "
          + "earlier one, or leave unfreeze_at out and say \"frozen\": true")
    }
    return faults
  }

  /// Groups and patterns that no parameter goes with.
  ///
  /// - Parameter pointer: where the optimizer stands.
  public func faults(
    _ parameters: [(layer: String, name: String)], pointer: String
  ) -> Faults {
    var faults = Faults()
    let layers = parameters.reduce(into: [String]()) {
      if $0.last != $1.layer { $0.append($1.layer) }
    }
    let names = parameters.map(\.name)
    let taken = Set(assignment(parameters).compactMap { $0 })
    for (index, group) in groups.enumerated() {
      let place = "\(pointer)/groups/\(index)"
      var isUnknown = false
      for (member, patterns, known) in [
        ("layers", group.layers, layers), ("parameters", group.parameters, names),
      ] {
        for (position, pattern) in patterns.enumerated()
        where !known.contains(where: pattern.matches) {
          isUnknown = true
          let kind = member == "layers" ? "layer that learns anything" : "parameter that is learned"
          let plain = pattern.text.filter { $0 != "*" && $0 != "?" }
          faults.add(
            "\(place)/\(member)/\(position)",
            "\"\(pattern.text)\" matches no \(kind)\(nearest(plain, among: known)); "
              + "there are: \(Self.listed(known))")
        }
      }
      if !isUnknown, !taken.contains(index) {
        faults.add(
          place,
          "is left with no parameter: the groups before it take all that it names; put it in front of them"
        )
      }
    }
    return faults
  }

  static func listed(_ names: [String]) -> String {
    let shown = names.prefix(20).joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }
}
