import HTTP
import JSON
import Runs

/// Why a run's numbers stopped being numbers.
enum AutopsyEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/autopsy", operationID: "getAutopsy", tag: .observations,
      summary: "Why a run's numbers stopped being numbers",
      description: """
        For a run that failed as `non_finite` or `diverged`: the step, the first operation that made NaN or an infinity \
        of finite numbers, what it was given, the examples of the batch, how loss and gradients grew over the 50 steps \
        before, and the weights before the step. When the gradients alone weren't finite, the run is trained again up \
        to that step to find the operation, for a minute at most.
        """,
      answers: [.json(200, "What was found.", .reference("Autopsy"))]
    ) { service, call in
      .json(try await service.runs.autopsy(service.run(call)))
    }
  ]
}
