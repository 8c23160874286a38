import Autodiff
import JSON
import Kernels
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Penalties of a batch, and their derivatives with respect to everything before them, against central differences in float64.
@Suite struct GraphPenaltyTests {
  private static let models: [(JSON, JSON)] = [
    (
      [6],
      [
        ["type": "dense", "units": 5, "activation": "tanh", "name": "x"],
        ["type": "dense", "units": 3, "activation": "softplus", "name": "y"],
      ]
    ),
    (
      [2, 4, 4],
      [
        ["type": "conv2d", "filters": 3, "kernel": 2, "activation": "gelu", "name": "x"],
        ["type": "layer_norm"], ["type": "avg_pool2d", "size": 2], ["type": "flatten"],
        ["type": "dropout", "rate": 0.3],
        ["type": "dense", "units": 3, "activation": "tanh", "name": "y"],
      ]
    ),
    (
      [6],
      [
        ["type": "batch_norm", "name": "x"],
        ["type": "dense", "units": 4, "activation": "swish", "name": "y"],
      ]
    ),
  ]

  private static let penalties: [[(String, JSON)]] = [
    [("activity_regularization", ["l1": 0.3, "layers": ["x"]])],
    [("activity_regularization", [["l2": 0.7, "layers": ["*"]]])],
    [("gradient_penalty", ["weight": 0.9])],
    [("gradient_penalty", ["weight": 0.9, "of": "output"])],
    [("gradient_penalty", ["weight": 0.9, "of": "output", "target": 1])],
    [("gradient_penalty", ["weight": 0.4, "target": 0.5])],
  ]

  @Test(
    "derivatives agree with central differences", arguments: models.indices,
    penalties.indices)
  func differences(model: Int, penalty: Int) throws {
    let (shape, layers) = Self.models[model]
    let built = try Model(ModelSpec(["input": ["shape": shape], "layers": layers]))
    let configuration = try TrainingConfiguration(
      .object(
        JSONObject([("steps", 1), ("loss", "mean_squared_error")] + Self.penalties[penalty])))
    let penalties = try configuration.regularization.graphPenalties(on: built)
    var graph = Graph(element: .float64)
    let parts = try built.build(batch: 3, mode: .training, into: &graph)
    let loss = try graph.mean(graph.square(graph.offset(parts.outputs[0], by: -0.3)))
    let value = try #require(try penalties.build(on: parts, loss: loss, in: &graph))
    var random = Philox(seed: 8, purpose: "graph penalties").generator()
    var contents: [Value: Tensor] = [:]
    for place in parts.inputs + parts.parameters {
      let shape = graph.shape(of: place)
      contents[place] = Tensor((0..<shape.count).map { _ in random.uniform() + 0.2 }, shape: shape)
    }
    for (place, input) in parts.inputs.enumerated() {
      let shape = graph.shape(of: input)
      contents[input] = Tensor(
        (0..<shape.count).map { _ in 2 * random.uniform() - 1 + Double(place) }, shape: shape)
    }
    if let place = graph.random { contents[place] = Tensor([1, 0, 1, 0] as [Int32], shape: [4]) }
    let learned = built.learnedIndices.map { (built.parameters[$0].name, parts.parameters[$0]) }
    let findings = try GradientCheck().findings(
      graph: graph, loss: value, variables: learned + [("input", parts.inputs[0])],
      contents: contents, team: ThreadTeam(threads: 1))
    #expect(findings.count == learned.count + 1)
    for finding in findings {
      #expect(finding.relativeDifference < 1e-5, "\(finding)")
    }
    #expect(findings.contains { $0.largestDerivative > 0.01 })
  }

  @Test("an activity penalty is Keras' formula: the sum over the batch, divided by its rows")
  func activity() throws {
    // numpy: y = relu([[1, -2], [3, 4]] @ W.T + b), W = [[0.5, -1], [2, 0.25]], b = [0.1, -3.2]
    // (0.3 * abs(y).sum() + 0.7 * (y ** 2).sum()) / 2, y = [[2.6, 0], [0, 3.8]]
    let model = try Model(
      ModelSpec([
        "input": ["shape": [2]],
        "layers": [["type": "dense", "units": 2, "activation": "relu", "name": "d"]],
      ]))
    let configuration = try TrainingConfiguration([
      "steps": 1, "loss": "mean_squared_error",
      "activity_regularization": ["l1": 0.3, "l2": 0.7, "layers": ["d"]],
    ])
    var graph = Graph(element: .float64)
    let parts = try model.build(batch: 2, mode: .training, into: &graph)
    let loss = try graph.mean(parts.outputs[0])
    let value = try #require(
      try configuration.regularization.graphPenalties(on: model)
        .build(on: parts, loss: loss, in: &graph))
    let executor = try Executor(
      plan: Plan(graph, outputs: [value]), bindings: [:], team: ThreadTeam(threads: 1))
    let numbers: [[Double]] = [[1, -2, 3, 4], [0.5, -1, 2, 0.25], [0.1, -3.2]]
    for (place, numbers) in zip(parts.inputs + parts.parameters, numbers) {
      let start = try #require(executor.place(of: place)).assumingMemoryBound(to: Double.self)
      for (index, number) in numbers.enumerated() { start[index] = number }
    }
    executor.run()
    let found = executor.pointer(to: value).assumingMemoryBound(to: Double.self).pointee
    #expect(abs(found - (0.3 * 6.4 + 0.7 * 21.2) / 2) < 1e-12)
  }
}
