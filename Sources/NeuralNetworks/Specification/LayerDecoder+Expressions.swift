import JSON

extension LayerDecoder {
  /// The layer at which a model's expressions become too many; each has a limit of its own besides.
  func expressions(among layers: [LayerSpec], pointer: String) -> Faults {
    var total = 0
    for layer in layers {
      let activation = layer.layer.activated(of: layer.inputShapes, output: layer.outputShape)
        .activation
      guard case .expression(let own) = activation.form else { continue }
      total += own.expression.operations
      guard total > LayerLimits.expressionOperations else { continue }
      return Faults([
        Fault(
          pointer: pointer + layer.place,
          detail:
            "the expressions up to layer \"\(layer.name)\" have \(total) operators and calls; "
            + "at most \(LayerLimits.expressionOperations) in all layers")
      ])
    }
    return Faults()
  }
}
