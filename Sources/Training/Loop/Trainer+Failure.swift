import Autodiff
import Tensors

/// What a run says when its numbers are no numbers any more.
extension Trainer {
  /// How much a loss has grown over its smallest before it counts as diverging.
  private static let growth = 1000.0

  /// Finds out where a loss that isn't finite comes from, by the same pass with every layer observed, and then
  /// operation by operation.
  ///
  /// - Parameters:
  ///   - batch: the examples of that pass.
  ///   - part: which of the step's passes it was.
  /// - Precondition: the parameters are those of the pass.
  func lossFailure(
    _ loss: Double, batch: UnsafeBufferPointer<Int>, part: Int
  ) throws -> TrainingFailure {
    let program = try observedProgram(
      batch: batch.count, length: examples.length(of: batch))
    examples.assemble(batch, into: program.slots, step: step, part: part)
    let rows = (0..<batch.count).filter { holdsUnsoundNumbers(row: $0, of: program.slots) }
    if let row = rows.first {
      let autopsy = autopsy(
        loss: loss, phase: .data, batch: batch, unsound: rows.map { batch[$0] })
      return failure(
        .nonFinite,
        "\(describe(loss)) at step \(step), because the data holds values that aren't finite: "
          + "example \(batch[row]) (counted from 0), and \(rows.count - 1) more of the batch",
        autopsy: autopsy)
    }
    _ = engine.pass(program, step: step, part: part)
    let unsound = program.layers.lazy.map { layer in
      let output = UnsafeBufferPointer(start: layer.output, count: layer.shape.count)
      return (layer: layer, count: output.count { !$0.isFinite })
    }.first { $0.count > 0 }
    let operation = try examine(batch, step: step, part: part)
    let layer = unsound?.layer.name ?? model.layers.last?.name
    let autopsy = autopsy(
      loss: loss, phase: operation == nil ? .unknown : .forward, operation: operation,
      layer: layer, batch: batch)
    let place =
      unsound.map {
        "\($0.count) of \($0.layer.shape.count) outputs of layer \"\($0.layer.name)\" aren't finite"
      } ?? "the outputs of every layer up to \"\(layer ?? "")\" are finite"
    return failure(
      reason(), "\(describe(loss)) at step \(step): \(place)\(origin(operation))\(remedy())",
      layer: layer, autopsy: autopsy)
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
  ///
  /// The update has moved the parameters by then, so the operation is found when the step is repeated.
  func gradientFailure(loss: Double, batch: UnsafeBufferPointer<Int>) -> TrainingFailure {
    guard let (index, gradient) = engine.firstUnsoundParameter() else {
      return failure(
        reason(), "a gradient at step \(step) isn't finite\(remedy())",
        autopsy: autopsy(loss: loss, phase: .unknown, batch: batch))
    }
    let parameter = model.learnedParameters[index]
    return failure(
      reason(),
      "the gradient of \(parameter.name) at step \(step) has \(gradient.nanCount) NaN, "
        + "\(gradient.positiveInfinityCount) +∞ and \(gradient.negativeInfinityCount) -∞ of "
        + "\(parameter.shape.count) elements, while the loss was \(loss)\(remedy())",
      layer: parameter.layer, parameter: parameter.name,
      autopsy: autopsy(
        loss: loss, phase: .unknown, layer: parameter.layer, parameter: parameter.name,
        batch: batch))
  }

  /// The operation at fault in the step after the one the trainer has come to; `nil` when there's none, or no room to
  /// look for it.
  public func examineNextStep() throws -> UnsoundOperation? {
    let batch = examples.batch(step)
    for part in 0..<examples.parts(of: batch) {
      let rows = examples.part(part, of: batch)
      if let found = try examine(rows, step: step + 1, part: part) { return found }
    }
    return nil
  }

  private func examine(
    _ batch: UnsafeBufferPointer<Int>, step: Int, part: Int
  ) throws -> UnsoundOperation? {
    let program = try engine.makeProgram(
      batch: batch.count, length: examples.length(of: batch), observation: .none, isPlain: true)
    examples.assemble(batch, into: program.slots, step: step, part: part)
    return engine.examine(program, step: step, part: part)
  }

  // MARK: - Words

  private func origin(_ operation: UnsoundOperation?) -> String {
    guard let operation else { return "" }
    let least = operation.inputs.compactMap(\.minimum).min()
    let largest = operation.inputs.compactMap(\.maximum).max()
    let range =
      if let least, let largest {
        ", from numbers between \(Float(least)) and \(Float(largest))"
      } else { "" }
    return "; the first came out of \"\(operation.operation)\" in \"\(operation.scope)\"\(range)"
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

  private func autopsy(
    loss: Double, phase: AutopsyRecord.Phase, operation: UnsoundOperation? = nil,
    layer: String? = nil, parameter: String? = nil, batch: UnsafeBufferPointer<Int>,
    unsound: [Int] = []
  ) -> AutopsyRecord {
    AutopsyRecord(
      step: step, epoch: epoch, loss: loss, learningRate: engine.learningRate(step: step),
      phase: phase, operation: operation, layer: layer, parameter: parameter,
      examples: Array(batch), unsoundExamples: unsound)
  }

  private func failure(
    _ reason: Outcome.Reason, _ message: String, layer: String? = nil, parameter: String? = nil,
    autopsy: AutopsyRecord
  ) -> TrainingFailure {
    TrainingFailure(
      reason: reason, message: message, step: step, layer: layer, parameter: parameter,
      autopsy: autopsy)
  }
}
