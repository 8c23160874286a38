import JSON
import NeuralNetworks
import Optimizers

/// Which parameters a penalty or a constraint is for: its members `layers` and `parameters`.
public struct ParameterSelection: Hashable, Sendable {
  /// What is taken of the layers.
  public enum Kind: Hashable, Sendable {
    /// What inputs are multiplied by; no biases, gains of normalisations or slopes of activations.
    case weights
    /// Whatever is learned.
    case all
    /// Parameters by their full names, `hidden.weight`.
    case named([NamePattern])
  }

  /// `nil` for all layers.
  public let layers: [NamePattern]?
  public let kind: Kind

  static let kinds = ["weights", "all"]

  init(layers: [NamePattern]? = nil, kind: Kind = .weights) {
    self.layers = layers
    self.kind = kind
  }

  /// Reads both members.
  init(_ reader: inout ObjectReader) {
    let patterns = NamePattern.decoded(&reader, "layers")
    layers = reader.has("layers") ? patterns : nil
    guard let value = reader.value("parameters") else {
      kind = .weights
      return
    }
    guard value.array == nil else {
      kind = .named(NamePattern.decoded(&reader, "parameters"))
      return
    }
    switch reader.string("parameters", in: Self.kinds) {
    case "all": kind = .all
    default: kind = .weights
    }
  }

  /// The learned parameters that are meant, as indices in the model's `learnedParameters`.
  ///
  /// A layer that uses another's parameters stands for that one.
  ///
  /// - Parameter pointer: where the object with the members is.
  func indices(in model: Model, pointer: String) throws(Faults) -> [Int] {
    var faults = Faults()
    let learned = model.learnedParameters
    let roles = model.learnedRoles
    let chosen = layerNames(in: model, pointer: pointer, &faults)
    func isTaken(_ index: Int) -> Bool { chosen?.contains(learned[index].layer) ?? true }
    var indices: [Int] = []
    switch kind {
    case .all: indices = learned.indices.filter(isTaken)
    case .weights: indices = learned.indices.filter { isTaken($0) && roles[$0].isWeight }
    case .named(let patterns):
      let known = learned.indices.filter(isTaken).map { learned[$0].name }
      for (position, pattern) in patterns.enumerated()
      where !known.contains(where: pattern.matches) {
        faults.add(
          "\(pointer)/parameters/\(position)",
          "\"\(pattern.text)\" matches no parameter that is learned"
            + "\(chosen == nil ? "" : " in those layers")\(pattern.suggestion(among: known)); "
            + "there are: \(listed(known))")
      }
      indices = learned.indices.filter { index in
        isTaken(index) && patterns.contains { $0.matches(learned[index].name) }
      }
    }
    if faults.isEmpty, indices.isEmpty {
      faults.add(
        pointer,
        learned.isEmpty
          ? "is for parameters that are learned, and the model has none"
          : "is for weights, and the model learns none; say \"parameters\": \"all\"")
    }
    try faults.check()
    return indices
  }

  /// The names of the layers whose own parameters are meant; `nil` for all.
  private func layerNames(
    in model: Model, pointer: String, _ faults: inout Faults
  ) -> Set<String>? {
    guard let layers else { return nil }
    let learned = model.learnedParameters
    let roles = model.learnedRoles
    let owners = Set(learned.map(\.layer))
    let weighted = Set(learned.indices.filter { roles[$0].isWeight }.map { learned[$0].layer })
    let known = model.spec.layers.map(\.name)
    var chosen: Set<String> = []
    for (position, pattern) in layers.enumerated() {
      let place = "\(pointer)/layers/\(position)"
      let found = model.spec.layers.filter { pattern.matches($0.name) }
      guard !found.isEmpty else {
        faults.add(
          place,
          "\"\(pattern.text)\" matches no layer\(pattern.suggestion(among: known)); there are: "
            + "\(listed(known))")
        continue
      }
      let sources = found.map { $0.share.map { model.spec.layers[$0] } ?? $0 }
      chosen.formUnion(sources.map(\.name))
      let suited = kind == .weights ? weighted : owners
      if !sources.contains(where: { suited.contains($0.name) }) {
        let frozen = sources.first { source in
          !source.isTrainable && model.parameters.contains { $0.layer == source.name }
        }
        let lack =
          frozen.map { "layer \"\($0.name)\" is frozen (\"trainable\": false)" }
          ?? (sources.contains { owners.contains($0.name) }
            ? "it has no weights, only biases or gains; say \"parameters\": \"all\""
            : "it learns nothing")
        faults.add(
          place,
          "\"\(pattern.text)\" matches \(found.count == 1 ? "layer" : "layers") "
            + "\(listed(found.map(\.name))), but \(lack); \(suited.isEmpty ? "no layer has any" : "those that can be meant: \(listed(known.filter(suited.contains)))")"
        )
      }
    }
    return chosen
  }
}

extension NamePattern {
  /// " (did you mean …?)" for a name like the pattern's letters.
  func suggestion(among known: [String]) -> String {
    nearest(text.filter { $0 != "*" && $0 != "?" }, among: known)
  }
}

/// Names with commas between them, the first ones of many.
func listed(_ names: [String]) -> String {
  let most = 16
  let shown = names.prefix(most).joined(separator: ", ")
  return names.count > most ? "\(shown) and \(names.count - most) more" : shown
}
