import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

/// Ten runs over the handwritten digits that go well: no rule may warn of them.
@Suite struct HealthyRunTests {
  struct Setting: CustomTestStringConvertible, Sendable {
    let name: String
    let layers: [JSON]
    var training = JSONObject()
    var testDescription: String { name }
  }

  private static func dense(_ units: Int, _ activation: JSON) -> JSON {
    ["type": "dense", "units": .integer(units), "activation": activation]
  }

  private static let flat: JSON = ["type": "flatten"]
  private static let head: JSON = ["type": "dense", "units": 10]
  private static let sgd: JSON = ["type": "sgd", "learning_rate": 0.05, "momentum": 0.9]

  static let settings: [Setting] = [
    Setting(name: "one layer", layers: [flat, head]),
    Setting(name: "relu", layers: [flat, dense(64, "relu"), head]),
    Setting(name: "two of relu", layers: [flat, dense(64, "relu"), dense(32, "relu"), head]),
    Setting(
      name: "tanh by sgd", layers: [flat, dense(48, "tanh"), head],
      training: JSONObject([("optimizer", sgd)])),
    Setting(
      name: "sigmoid", layers: [flat, dense(64, "sigmoid"), head],
      training: JSONObject([("optimizer", ["type": "adam", "learning_rate": 0.005])])),
    Setting(
      name: "gelu with layer norm",
      layers: [flat, dense(64, "gelu"), ["type": "layer_norm"], dense(32, "gelu"), head]),
    Setting(
      name: "batch norm",
      layers: [
        flat, ["type": "dense", "units": 64], ["type": "batch_norm"],
        ["type": "activation", "activation": "relu"], head,
      ]),
    Setting(
      name: "residuals",
      layers: [
        flat, dense(32, "relu"), ["type": "residual", "layers": [dense(32, "relu")]],
        ["type": "residual", "layers": [dense(32, "relu")]], head,
      ]),
    Setting(
      name: "convolution",
      layers: [
        ["type": "conv2d", "filters": 8, "kernel": 3, "activation": "relu"],
        ["type": "max_pool2d", "size": 2], flat, head,
      ]),
    Setting(
      name: "dropout and a cosine schedule",
      layers: [flat, dense(64, "relu"), ["type": "dropout", "rate": 0.3], head],
      training: JSONObject([("schedule", ["type": "cosine"]), ("clip", ["norm": 5])])),
  ]

  @Test("no rule warns", arguments: settings)
  func isSilent(setting: Setting) throws {
    var training = JSONObject([
      ("epochs", 6), ("batch_size", 32), ("seed", 7), ("loss", "cross_entropy"),
      ("optimizer", ["type": "adam", "learning_rate": 0.002]),
      ("validation", ["fraction": 0.2]), ("metrics", ["accuracy"]),
    ])
    for (name, value) in setting.training.members { training[name] = value }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Model(
        ModelSpec(["input": ["shape": [1, 8, 8]], "layers": .array(setting.layers)])),
      data: TrainingData(training: DigitsTests.dataset()),
      configuration: TrainingConfiguration(.object(training)),
      observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 20))
    let outcome = try trainer.run(observer: observer)
    #expect(outcome.validation?.accuracy ?? 0 > 0.85)
    let warnings = observer.findings.filter { $0.severity > .info }
    #expect(warnings.isEmpty, "\(warnings.map { "\($0.key): \($0.explanation)" })")
  }

  @Test("there are ten")
  func hasTen() { #expect(Self.settings.count == 10) }
}
