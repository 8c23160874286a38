import Datasets
import JSON
import Store
import Training

extension RunService {
  /// What a run on a graph answers of the vertices of its dataset, or of its graphs: of those asked for, or of all.
  ///
  /// - Parameter vertices: their numbers, from 0; `nil` for all.
  func predict(
    _ id: RunID, _ run: RunRecord, vertices: [JSON]?, checkpoint: String?
  ) async throws -> JSON {
    guard let record = try await store.datasets.get(run.datasets.train) else {
      throw RunError(
        .notFound,
        "the graph that the run was trained on, \(run.datasets.train), was deleted; upload it again and run "
          + "again with initial_weights")
    }
    guard let graph = try datasets.open(record).graphExamples else {
      throw RunError(.notFound, "dataset \(record.id) is no graph")
    }
    let examples = try RunService.examples(vertices, of: graph.examples)
    let parts = try await trained(id, checkpoint: checkpoint)
    let prediction = try Prediction(
      model: parts.model, weights: parts.weights,
      losses: parts.request.training.losses.byOutput(of: parts.model))
    guard case .object(var object) = answer(parts, try prediction.run(examples, of: graph.graph))
    else { return .null }
    object["vertices"] = .array(examples.map(JSON.integer))
    return .object(object)
  }

  private static func examples(_ asked: [JSON]?, of count: Int) throws(Faults) -> [Int] {
    guard let asked else {
      guard count <= mostPredictions else {
        throw Faults([
          Fault(
            pointer: "/vertices",
            detail:
              "the graph has \(count) examples, and an answer holds at most \(mostPredictions); "
              + "say which")
        ])
      }
      return Array(0..<count)
    }
    var faults = Faults()
    var examples: [Int] = []
    for (index, element) in asked.enumerated() {
      if let example = element.integer, (0..<count).contains(example) {
        examples.append(example)
      } else {
        faults.add(
          "/vertices/\(index)", "expected a number from 0 to \(count - 1), found \(element)")
      }
    }
    try faults.check()
    return examples
  }
}
