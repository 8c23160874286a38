import Autodiff
import JSON
import NeuralNetworks

/// The layer at which GradNorm compares the terms' gradients.
struct SharedLayer {
  let name: String
  /// Its learned parameters, by their positions among the model's learned ones.
  let parameters: [Int]

  /// - Parameter name: of the layer; `nil` for the last one that all terms depend on.
  /// - Throws: `Faults` at `pointer` when there's no such layer.
  init(
    _ name: String?, of model: Model, objectives: [Objective], pointer: String
  ) throws(Faults) {
    let learned = model.learnedParameters
    let isShared: [Bool]
    do throws(GraphError) {
      var graph = Graph()
      let built = try model.build(batch: 1, mode: .training, into: &graph)
      let terms = try objectives.build(on: built, of: model, batch: 1, in: &graph)
      let sources = terms.map { graph.sources(of: $0.loss) }
      isShared = model.learnedIndices.map { index in
        sources.allSatisfy { $0.contains(built.parameters[index]) }
      }
    } catch {
      throw Faults([Fault(pointer: pointer, detail: error.description)])
    }
    let shared = learned.indices.filter { isShared[$0] }
    var names: [String] = []
    for index in shared where !names.contains(learned[index].layer) {
      names.append(learned[index].layer)
    }
    guard let chosen = name ?? names.last else {
      throw Faults([
        Fault(
          pointer: pointer,
          detail:
            "gradnorm compares gradients at a layer that all terms depend on, and there is none")
      ])
    }
    guard names.contains(chosen) else {
      let list = names.isEmpty ? "none" : names.joined(separator: ", ")
      throw Faults([
        Fault(
          pointer: pointer + "/layer",
          detail:
            "\"\(chosen.prefix(80))\" is no layer with learned parameters that all terms depend "
            + "on\(nearest(chosen, among: names)); those are: \(list)")
      ])
    }
    self.name = chosen
    parameters = shared.filter { learned[$0].layer == chosen }
  }
}
