import JSON
import Store
import Training

extension EvaluationRecord {
  /// What is kept of its matrices and curves, one row an objective that has some.
  var stored: [StoredEvaluation] {
    result.details.map { details in
      let figures =
        details.term.isEmpty
        ? [MetricValue("loss", result.loss)] + result.figures
        : result.terms.filter { $0.name == details.term }.flatMap {
          [MetricValue("loss", $0.loss)] + $0.figures
        }
      let data: JSON = [
        "epoch": .integer(epoch), "weights_step": .integer(weightsStep),
        "examples": .integer(result.examples),
        "metrics": .object(JSONObject(figures.map { ($0.name, .number($0.value)) })),
        "details": details.json,
      ]
      return StoredEvaluation(
        part: part.rawValue, term: details.term, step: step, isBest: isBest, data: "\(data)")
    }
  }
}
