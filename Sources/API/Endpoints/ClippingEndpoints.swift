import HTTP
import JSON
import Runs

/// What clipping does to a run's gradients.
enum ClippingEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/clipping", operationID: "getClippingAudit",
      tag: .observations,
      summary: "Norms before and after clipping, and a limit that would suit them",
      description: """
        Over every measured step of the range: how often clipping made a gradient smaller, as a whole and for each \
        parameter, the norms before and after, each parameter's mean share of the squared norm, and as a suggestion \
        the norm that nine of ten steps stay below. Also for runs that don't clip.
        """,
      query: [StepRange.first, StepRange.last],
      answers: [.json(200, "The audit.", .reference("ClippingAudit"))]
    ) { service, call in
      let range = try StepRange(call.query)
      let run = try await service.run(call)
      return .json(
        try await service.runs.clippingAudit(run, from: range.from, through: range.through))
    }
  ]
}
