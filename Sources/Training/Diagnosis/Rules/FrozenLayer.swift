/// A layer that learns nothing: every step leaves all of its parameters as they were.
public enum FrozenLayer: Rule {
  public static let name = "frozen_layer"
  public static let summary =
    "No parameter of a layer has moved over the newest steps, though others have."
  static let values = 16
  public static let thresholds = [Finding.Figure("threshold_values", Double(values))]

  public static func look(at evidence: Evidence) -> [Finding] {
    let frozen = evidence.frozenLayers(values)
    let all = Set(evidence.facts.parameters.map(\.layer))
    guard frozen.count < all.count else { return [] }
    return frozen.map { layer in
      finding(
        .warning, layer: layer, steps: evidence.recentSteps, [("update_norm", 0)],
        "The parameters of \"\(layer)\" don't move any more.",
        advice: "See whether its outputs reach the loss, and whether all of its units are dead.",
        field: "/model/layers")
    }
  }
}

extension Evidence {
  /// Layers whose parameters all stood still over so many values, in the model's order.
  func frozenLayers(_ values: Int) -> [String] {
    var moved: Set<String> = []
    var layers: [String] = []
    for (index, parameter) in facts.parameters.enumerated() {
      if !layers.contains(parameter.layer) { layers.append(parameter.layer) }
      if !isStill(index, values) { moved.insert(parameter.layer) }
    }
    return layers.filter { !moved.contains($0) }
  }

  /// Whether a parameter's newest updates were all zero, though the run doesn't hold it still.
  func isStill(_ parameter: Int, _ values: Int) -> Bool {
    stillFor[parameter] >= values
  }
}
