import HTTP
import JSON
import Runs

/// The curve of a learning-rate range test, and what it suggests.
enum RangeTestEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/lr-range", operationID: "getLearningRateRange",
      tag: .observations, summary: "Loss by learning rate, and the rates that suggests",
      description: """
        Of a run with `"mode": "lr_range_test"`. `points` are rows `[step, learning_rate, loss, smoothed_loss]`. When the \
        run is over, `suggestions` has a rate by each of three rules, `suggested_learning_rate` is the first of them, and \
        where none can be made `reason` says why. As text/csv the points alone.
        """,
      answers: [
        Answer(
          status: 200, summary: "The curve.",
          content: [
            (MediaType.json, .reference("LearningRateRange")), (MediaType.csv, .string),
            (MediaType.lines, .string),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let type = try call.negotiate([MediaType.json, MediaType.csv, MediaType.lines])
      guard type != MediaType.json else {
        return .json(try await service.runs.learningRateRange(run))
      }
      let points = try await service.runs.learningRateCurve(run).curve.points
      return .lines(type, columns: columns) { write in
        for point in points {
          try await write(
            [.integer(point.step), .number(point.rate)]
              + [point.loss, point.smoothed].map { $0.isFinite ? .number($0) : .null })
        }
      }
    }
  ]

  private static let columns = ["step", "learning_rate", "loss", "smoothed_loss"]
}
