import Autodiff
import JSON
import NeuralNetworks
import Optimizers
import Tensors

extension TrainingData {
  /// What doesn't go with an optimizer that passes over the batch of a step more than once.
  func addPassFaults(
    _ configuration: TrainingConfiguration, model: Model, objectives: [Objective],
    _ pointer: String, to faults: inout Faults
  ) {
    let solving = configuration.optimizers.solving
    guard configuration.optimizer.ascent != nil || solving != nil else { return }
    let name = Swift.type(of: configuration.optimizer).type
    if model.isStateful {
      faults.add(
        pointer + "/optimizer/type",
        "\(name) passes over a batch more than once, and the model has a stateful layer, which goes on where the batch "
          + "before ended; take "
          + (solving == nil ? "the optimizer inside it" : "another one, such as adam"))
    }
    guard let solving else {
      if case .gradNorm = configuration.losses.balance {
        faults.add(
          pointer + "/loss/balance",
          "grad_norm compares losses at the weights, and sam leaves those at the top of its climb; take another balance"
        )
      }
      return
    }
    if configuration.losses.balance != .fixed {
      faults.add(
        pointer + "/loss/balance",
        "\(name) makes one loss small, which a balance changes between its passes; give the terms fixed weights"
      )
    }
    if configuration.treatment.clip != nil {
      faults.add(
        pointer + "/clip", "\(name) finds how far to go by itself; leave clip out")
    }
    if configuration.treatment.centralizes || configuration.treatment.noise != nil {
      faults.add(
        pointer + "/gradients",
        "\(name) takes the loss's own gradient, or its steps wouldn't make that small; leave gradients out"
      )
    }
    if configuration.accumulate > 1, solving.curvature != nil {
      faults.add(
        pointer + "/accumulate",
        "\(name) looks at the curvature of a batch that passes at once; leave accumulate out, or take lbfgs"
      )
    }
    if configuration.buckets != nil, solving.curvature != nil {
      faults.add(
        pointer + "/batching/bucket_by_length",
        "\(name) looks at the curvature of whole sequences; leave it out, or take lbfgs")
    }
    guard let curvature = solving.curvature else { return }
    if case .factors(isEmpirical: false, _) = curvature {
      let others = objectives.filter { !$0.isDrawnFrom(by: model) }
      for objective in others {
        faults.add(
          pointer + "/optimizer/fisher",
          "sampled draws from the predictions of a likelihood, which \(Swift.type(of: objective.loss).type) with these "
            + "members isn't; say \"empirical\", or take plain cross_entropy, binary_cross_entropy or mean_squared_error"
        )
      }
      if !others.isEmpty { return }
    }
    // A graph's batch is its vertices, which only the graph counts.
    guard graph == nil, !objectives.isEmpty else { return }
    do throws(TrainingError) {
      _ = try CurvaturePlan(
        curvature, model: model, objectives: objectives, moving: model.movingPlaces(configuration),
        batch: min(configuration.batchSize, Self.curvatureBatch))
    } catch {
      faults.add(
        pointer + "/optimizer/type",
        "\(name) can't look at the curvature of this loss and model: \(error.message); take another optimizer"
      )
    }
  }

  /// Examples of the batch for which it's tried whether everything has the derivatives that a curvature takes.
  private static let curvatureBatch = 4
}

extension Objective {
  /// Whether gradients at its output can be drawn from the model's own predictions.
  fileprivate func isDrawnFrom(by model: Model) -> Bool {
    var graph = Graph()
    let type = TensorType(model.outputs[output].shape.prepending(1), graph.element)
    let (values, noise) = (graph.input("output", type), graph.input("noise", type))
    return (try? loss.fisherDraws(output: values, noise: noise, in: &graph)) ?? nil != nil
  }
}
