import JSON
import NeuralNetworks

/// What parameters are brought to after each update: an entry of `training.constraints`.
public struct ParameterConstraint: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// The norm of the weights into each unit is at most so much. Srebro and Shraibman 2005; Hinton et al. 2012,
    /// arXiv:1207.0580.
    case maxNorm(Double)
    /// It is 1.
    case unitNorm
    /// No element is below 0.
    case nonNegative

    var name: String {
      switch self {
      case .maxNorm: "max_norm"
      case .unitNorm: "unit_norm"
      case .nonNegative: "non_negative"
      }
    }
  }

  /// In the order in which they are applied.
  public let kinds: [Kind]
  public let selection: ParameterSelection

  public static let limits = 1e-6...1e6

  init(_ reader: inout ObjectReader) {
    var kinds: [Kind] = []
    if reader.bool("non_negative") == true { kinds.append(.nonNegative) }
    if let limit = reader.double("max_norm", in: Self.limits) { kinds.append(.maxNorm(limit)) }
    if reader.bool("unit_norm") == true {
      if reader.has("max_norm") {
        reader.fault("unit_norm", "contradicts max_norm; give one of the two")
      }
      kinds.append(.unitNorm)
    }
    if reader.faults.isEmpty, kinds.isEmpty {
      reader.fault(
        "max_norm", "is missing; give max_norm, \"unit_norm\": true or \"non_negative\": true")
    }
    self.kinds = kinds
    selection = ParameterSelection(&reader)
  }

  /// The learned parameters that are meant, each with how it holds the weights into units.
  func parameters(
    in model: Model, pointer: String
  ) throws(Faults) -> [(index: Int, axes: UnitAxes)] {
    let indices = try selection.indices(in: model, pointer: pointer)
    let learned = model.learnedParameters
    let roles = model.learnedRoles
    var faults = Faults()
    var found: [(index: Int, axes: UnitAxes)] = []
    for index in indices {
      let name = learned[index].name
      switch roles[index] {
      case .weight(let axes): found.append((index, axes))
      case .rowLengths(let axes):
        if kinds.contains(.nonNegative) {
          faults.add(
            pointer + "/non_negative",
            "\(name) holds lengths of rows, whose sign isn't that of the weights; leave weight_norm "
              + "out of layer \"\(learned[index].layer)\", or name other layers")
        }
        if model.isInputFirst(learned[index].layer) {
          faults.add(
            pointer,
            "weight_norm of layer \"\(learned[index].layer)\" takes lengths by inputs, and a constraint "
              + "is by units; leave it out of one of the two")
        }
        found.append((index, axes))
      case .rowDirections, .scaleFree:
        faults.add(
          pointer,
          "\(name) is normalized before it is used, so that a constraint on it says nothing of the "
            + "weights of layer \"\(learned[index].layer)\"; name other layers")
      case .other:
        if kinds != [.nonNegative] {
          faults.add(
            pointer,
            "\(name) holds no weights into units, so that it has no norm to bound; only non_negative is "
              + "for it")
        }
        found.append(
          (index, UnitAxes(groups: learned[index].shape.count, runs: 1, units: 1, length: 1)))
      }
    }
    try faults.check()
    return found
  }
}
