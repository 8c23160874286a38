import Tensors

/// What a run says when its numbers are no numbers any more.
extension Trainer {
  /// How much a loss has grown over its smallest before it counts as diverging.
  private static let growth = 1000.0

  /// Finds out where a loss that isn't finite comes from, by the same pass with every layer observed.
  ///
  /// - Precondition: the parameters are those of the pass.
  func lossFailure(
    _ loss: Double, batch: UnsafeBufferPointer<Int>
  ) throws -> TrainingFailure {
    let program = try observedProgram(batch: batch.count)
    examples.assemble(batch, into: program.slots)
    let rows = (0..<batch.count).filter { holdsUnsoundNumbers(row: $0, of: program.slots) }
    if let row = rows.first {
      return failure(
        .nonFinite,
        "\(describe(loss)) at step \(step), because the data holds values that aren't finite: "
          + "example \(batch[row]) (counted from 0), and \(rows.count - 1) more of the batch",
        layer: nil, parameter: nil)
    }
    _ = engine.pass(program, step: step)
    for layer in program.layers {
      let output = UnsafeBufferPointer(start: layer.output, count: layer.shape.count)
      let unsound = output.count { !$0.isFinite }
      guard unsound > 0 else { continue }
      return failure(
        reason(),
        "\(describe(loss)) at step \(step): \(unsound) of \(output.count) outputs of layer "
          + "\"\(layer.name)\" aren't finite\(remedy())", layer: layer.name, parameter: nil)
    }
    let last = model.layers.last?.name
    return failure(
      reason(),
      "\(describe(loss)) at step \(step), though the outputs of every layer up to "
        + "\"\(last ?? "")\" are finite\(remedy())", layer: last, parameter: nil)
  }

  private func holdsUnsoundNumbers(row: Int, of slots: BatchSlots) -> Bool {
    // A graph's numbers were looked at when it was imported.
    model.graph == nil
      && zip(model.inputs, slots.inputs).contains { input, place in
        guard input.element.isFloatingPoint else { return false }
        let count = input.shape.count
        let numbers = place.assumingMemoryBound(to: Float.self) + row * count
        return !UnsafeBufferPointer(start: numbers, count: count).allSatisfy(\.isFinite)
      }
  }

  /// For gradients that aren't finite though the loss is.
  func gradientFailure(loss: Double) -> TrainingFailure {
    guard let (index, gradient) = engine.firstUnsoundParameter() else {
      return failure(
        reason(), "a gradient at step \(step) isn't finite\(remedy())", layer: nil, parameter: nil)
    }
    let parameter = model.learnedParameters[index]
    return failure(
      reason(),
      "the gradient of \(parameter.name) at step \(step) has \(gradient.nanCount) NaN, "
        + "\(gradient.positiveInfinityCount) +∞ and \(gradient.negativeInfinityCount) -∞ of "
        + "\(parameter.shape.count) elements, while the loss was \(loss)\(remedy())",
      layer: parameter.layer, parameter: parameter.name)
  }

  /// Diverged, when the loss had been far smaller before it grew without bound.
  private func reason() -> Outcome.Reason {
    progress.lastLoss > Self.growth * progress.smallestLoss ? .diverged : .nonFinite
  }

  private func remedy() -> String {
    guard reason() == .diverged else { return "" }
    return "; the loss had grown from \(progress.smallestLoss) to \(progress.lastLoss): "
      + "lower learning_rate, or set clip"
  }

  private func describe(_ loss: Double) -> String {
    loss.isNaN ? "the loss is NaN" : "the loss is \(loss > 0 ? "+∞" : "-∞")"
  }

  private func failure(
    _ reason: Outcome.Reason, _ message: String, layer: String?, parameter: String?
  ) -> TrainingFailure {
    TrainingFailure(
      reason: reason, message: message, step: step, layer: layer, parameter: parameter)
  }
}
