import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

@Suite struct ModelGradientCheckTests {
  private func report(
    _ model: Model, _ configuration: GradientCheckConfiguration,
    examples: (any ExampleSource)? = nil
  ) throws -> GradientCheckReport {
    try #require(
      try ModelGradientCheck(model: model, configuration: configuration, examples: examples).run())
  }

  private func model(input: JSON = [6], _ layers: JSON) throws -> Model {
    try Model(ModelSpec(["input": ["shape": input], "layers": layers]))
  }

  /// The losses of the catalog that a name is enough for.
  private static let losses = LossCatalog.entries
    .filter { !$0.fields.contains(where: \.isRequired) }.map(\.type)

  @Test("every loss and activation agree with central differences", arguments: losses)
  func catalog(loss: String) throws {
    for activation in ActivationCatalog.all.map(\.documentation.type) {
      // Mean and variance make two outputs a number; a sequence has four steps of three.
      let isSequence = loss == "ctc"
      var layers: [JSON] = [
        ["type": "dense", "units": 12, "activation": .string(activation)],
        ["type": "dropout", "rate": 0.4],
        ["type": "dense", "units": .integer(isSequence ? 12 : loss == "gaussian_nll" ? 4 : 3)],
      ]
      if isSequence { layers.append(["type": "reshape", "shape": [4, 3]]) }
      let model = try model(.array(layers))
      let configuration = GradientCheckConfiguration(
        loss: try LossCatalog.decode(.string(loss), pointer: ""), seed: 3)
      let report = try report(model, configuration)
      #expect(report.passed, "\(activation): \(report.json)")
      #expect(report.limit == nil && report.parameters.allSatisfy { $0.checked == $0.shape.count })
    }
  }

  @Test("what activations learn agrees with central differences, and so does a loss of one's own")
  func learned() throws {
    let model = try model(
      input: [3, 5, 5],
      [
        [
          "type": "conv2d", "filters": 4, "kernel": 3,
          "activation": ["type": "prelu", "per_channel": true],
        ],
        ["type": "flatten"],
        [
          "type": "dense", "units": 6,
          "activation": [
            "expression": "x * sigmoid(beta * x) + a * sin(x)", "constants": ["a": 0.3],
            "parameters": ["beta": ["initial": 1.2, "per_channel": true]],
          ],
        ],
        ["type": "dense", "units": 2],
      ])
    let loss = try LossCatalog.decode(
      [
        "expression": "sqrt((prediction - target)^2 + c) - prediction / 9", "constants": ["c": 0.5],
      ],
      pointer: "")
    let report = try report(model, GradientCheckConfiguration(loss: loss, seed: 5))
    #expect(report.passed, "\(report.json)")
    #expect(report.parameters.map(\.name).contains("dense_2.activation.beta"))
    #expect(report.parameters.allSatisfy { $0.checked == $0.shape.count })
  }

  @Test("the loss is that of a run's first step, dropout and data included")
  func firstStep() throws {
    let model = try Spiral.model(dropout: 0.3)
    let observer = RecordingObserver()
    _ = try Trainer(
      model: model, data: TrainingData(training: Spiral.examples(150)),
      configuration: Spiral.configuration()
    ).run(observer: observer)
    let configuration = GradientCheckConfiguration(loss: CrossEntropy(), batchSize: 20, seed: 11)
    let report = try report(model, configuration, examples: Spiral.examples(150))
    let first = try #require(observer.losses.first)
    #expect(abs(report.loss - first) < 1e-6 * first)
    #expect(report.passed)
  }

  @Test("a unit whose inputs are all zero sits on its kink, which is no failure")
  func kinks() throws {
    let model = try model([
      ["type": "dense", "units": 9, "activation": "relu"], ["type": "dense", "units": 3],
    ])
    let zeros = MemoryExamples(
      inputs: [Float](repeating: 0, count: 12), shape: [6],
      targets: .numbers([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], shape: [3]))
    let report = try report(
      model, GradientCheckConfiguration(loss: MeanSquaredError(), batchSize: 2), examples: zeros)
    #expect(report.passed)
    // The weights of the first layer change nothing; each of its biases moves a unit off zero.
    #expect(report.parameters.map(\.kinks) == [0, 9, 0, 0])
    #expect(report.parameters[1].worst == nil)
    #expect(report.parameters[2].largestDerivative == 0)
    #expect(report.parameters[2].relativeDifference == 0)
  }

  @Test("a step too large for the curvature fails and is no kink")
  func largeStep() throws {
    let model = try model([
      ["type": "dense", "units": 9, "activation": "tanh"], ["type": "dense", "units": 3],
    ])
    let report = try report(
      model, GradientCheckConfiguration(loss: CrossEntropy(), step: 3e-3))
    #expect(!report.passed)
    #expect(report.parameters.allSatisfy { $0.kinks == 0 })
  }

  @Test("when time is up, what was checked is spread over the parameters")
  func timeLimit() throws {
    let model = try model(
      input: [512],
      [["type": "dense", "units": 256, "bias": false], ["type": "dense", "units": 300]])
    let report = try report(
      model, GradientCheckConfiguration(loss: MeanSquaredError(), maximumSeconds: 0.02))
    #expect(report.limit == .maximumSeconds)
    let counts = report.parameters.prefix(2).map(\.checked)
    #expect(abs(counts[0] - counts[1]) <= 1 && counts[0] < 512 * 256)
  }

  @Test("a check that is stopped has no report")
  func stopped() throws {
    let check = try ModelGradientCheck(
      model: Spiral.model(), configuration: GradientCheckConfiguration(loss: CrossEntropy()))
    #expect(try check.run(isStopped: { true }) == nil)
  }
}
