import Autodiff
import JSON
import NeuralNetworks

extension TrainingData {
  /// What of a run's penalties and constraints doesn't go with its model.
  ///
  /// - Parameters:
  ///   - objectives: of the run; none when those are at fault.
  ///   - pointer: where the document has the `training` object.
  func addRegularizationFaults(
    _ configuration: TrainingConfiguration, model: Model, objectives: [Objective],
    _ pointer: String, to faults: inout Faults
  ) {
    let regularization = configuration.regularization
    var penalties: GraphPenalties?
    do throws(Faults) {
      _ = try regularization.penalties(on: model, pointer: pointer)
    } catch {
      faults.add(error)
    }
    do throws(Faults) {
      _ = try regularization.constrained(model, pointer: pointer)
    } catch {
      faults.add(error)
    }
    do throws(Faults) {
      penalties = try regularization.graphPenalties(on: model, pointer: pointer)
    } catch {
      faults.add(error)
    }
    guard regularization.hasGraphPenalties else { return }
    if configuration.losses.balance == .conflictFree {
      let member = regularization.gradient == nil ? "activity_regularization" : "gradient_penalty"
      faults.add(
        "\(pointer)/\(member)",
        "is a penalty on what a batch passes, and pcgrad combines the gradients of the loss's terms "
          + "alone; take another balance, or leave it out")
      return
    }
    guard regularization.gradient != nil else { return }
    let place = pointer + "/gradient_penalty"
    if model.graph != nil {
      faults.add(
        place,
        "needs examples that stand alone, and each vertex of a graph changes what others put out; leave it out"
      )
    } else if !model.inputs.contains(where: \.element.isFloatingPoint) {
      faults.add(
        place, "needs inputs that are numbers, and the model's are tokens, which have no gradient")
    } else if let penalties, !objectives.isEmpty,
      let detail = penalties.fault(on: model, objectives: objectives)
    {
      faults.add(place, detail)
    }
  }
}

extension GraphPenalties {
  /// Why they have no derivative; `nil` when they have.
  fileprivate func fault(on model: Model, objectives: [Objective]) -> String? {
    do throws(GraphError) {
      var graph = Graph()
      // Layers that compare the rows of a batch need two.
      let batch = 2
      let built = try model.build(batch: batch, mode: .training, into: &graph)
      let terms = try ObjectiveGraph(objectives, on: built, of: model, batch: batch, in: &graph)
      guard let penalty = try build(on: built, loss: terms.total, in: &graph) else { return nil }
      _ = try graph.gradients(
        of: penalty, withRespectTo: model.learnedIndices.map { built.parameters[$0] })
      return nil
    } catch {
      let layer = model.spec.layers.first { $0.name == error.scope }
      let owner =
        layer.map { "layer \"\($0.name)\" (\($0.type))" }
        ?? (error.scope?.hasPrefix("loss") == true ? "the loss" : "the model")
      return
        "needs the derivative of a derivative, and \(owner) has none\(error.operation.isEmpty ? "" : ": \(error.operation)")"
    }
  }
}
