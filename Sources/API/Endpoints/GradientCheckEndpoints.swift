import HTTP
import JSON
import Runs

/// Backpropagation against central differences, for any model and loss.
enum GradientCheckEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .post, path: "/v1/gradient-checks", operationID: "createGradientCheck", tag: .models,
      summary: "A model's derivatives against central differences, per parameter",
      description: """
        All numbers are float64. The parameters are the model's initial ones, and layers are as in \
        step 1 of a training with that seed, dropout's draws included. Without a dataset the inputs \
        are drawn from N(0, 1), and the targets from what the loss takes. Elements are visited in a \
        random order, one of each parameter in turn; where there are more than a check may visit, \
        `limit` says why it ended. What isn't finite is null.
        """,
      body: .json(.reference("GradientCheckRequest"), example: example),
      answers: [.json(200, "What was found.", .reference("GradientCheck"))], problems: [.queueFull],
      audience: .scope(.train)
    ) { service, call in
      let body = try await call.json()
      return .json(try await service.runs.checkGradients(body.json))
    }
  ]

  private static let example: JSON = [
    "model": [
      "input": ["shape": [1, 8, 8]],
      "layers": [
        ["type": "conv2d", "filters": 4, "kernel": 3, "activation": "relu"],
        ["type": "max_pool2d", "size": 2],
        ["type": "flatten"],
        ["type": "dense", "units": 10],
      ],
    ],
    "loss": "cross_entropy",
  ]
}
