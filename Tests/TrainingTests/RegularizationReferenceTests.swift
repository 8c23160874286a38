import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Fifty steps under each penalty and constraint against PyTorch: `Fixtures/make_regularization.py` writes what is expected.
@Suite struct RegularizationReferenceTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON
    var name: String { json["name"]?.string ?? "" }
    var testDescription: String { name }

    func numbers(_ member: String) -> [Double] {
      json[member]?.array?.compactMap(\.double) ?? []
    }
  }

  static let document: JSON? = {
    guard let data = try? Data(contentsOf: fixture("regularization.json")) else { return nil }
    return try? JSON(parsing: data)
  }()

  static let cases = (document?["cases"]?.array ?? []).map(Case.init)

  /// A model of the fixture with its first weights and its examples.
  static func parts(
    _ name: String
  ) throws -> (model: Model, weights: Weights, examples: MemoryExamples) {
    let json = try #require(document?["models"]?[name])
    let model = try Model(ModelSpec(#require(json["spec"])))
    func floats(_ json: JSON?) -> [Float] {
      (json?.array ?? []).compactMap(\.double).map { Float($0) }
    }
    let weights = Weights(
      model.parameters.map { parameter in
        NamedTensor(
          name: parameter.name,
          tensor: Tensor(floats(json["initial"]?[parameter.name]), shape: parameter.shape))
      })
    let targets = (json["targets"]?.array ?? []).compactMap(\.integer).map { Int32($0) }
    let examples = MemoryExamples(
      inputs: floats(json["inputs"]), shape: model.inputs[0].shape,
      targets: .classes(targets, count: 3))
    return (model, weights, examples)
  }

  @Test("the fixtures are there, and their penalties are of some size")
  func fixtures() {
    #expect(Self.cases.count == 14)
    for one in Self.cases {
      #expect(one.numbers("losses").count == 50)
      let isPenalised = one.json["training"]?.object?.members.contains { $0.0 != "constraints" }
      if isPenalised == true {
        #expect(one.numbers("penalties").allSatisfy { $0 > 1e-5 }, "\(one.name)")
      }
    }
  }

  @Test(
    "losses, penalties and gradient norms are PyTorch's at each of fifty steps, and so are the last weights",
    arguments: cases, [1, 3])
  func trajectory(one: Case, threads: Int) throws {
    let (model, weights, examples) = try Self.parts(#require(one.json["model"]?.string))
    var members = JSONObject([
      ("steps", 50), ("batch_size", 8), ("shuffle", false), ("loss", "cross_entropy"),
      ("optimizer", try #require(one.json["optimizer"])), ("threads", .integer(threads)),
    ])
    for (name, value) in one.json["training"]?.object?.members ?? [] { members[name] = value }
    let configuration = try TrainingConfiguration(.object(members))
    let observer = RecordingObserver()
    let outcome = try Trainer(
      model: model, data: TrainingData(training: examples), configuration: configuration,
      initialWeights: weights
    ).run(observer: observer)

    func expect(_ found: [Double], _ expected: [Double], _ what: String) {
      #expect(found.count == expected.count)
      for (step, (found, expected)) in zip(found, expected).enumerated() {
        #expect(
          abs(found - expected) <= 2e-5 * max(abs(expected), 0.1),
          "\(what) of step \(step + 1): \(found), PyTorch has \(expected)")
      }
    }
    expect(observer.losses, one.numbers("losses"), "loss")
    let hasPenalties = configuration.regularization.hasPenalties
    let series = observer.summary?.stepSeries ?? []
    #expect(series.contains("train_penalty") == hasPenalties)
    if let place = series.firstIndex(of: "train_penalty") {
      let own = observer.blocks.flatMap(\.own)
      let penalties = stride(from: place, to: own.count, by: series.count).map { own[$0] }
      expect(penalties, one.numbers("penalties"), "penalty")
    }
    let count = model.learnedIndices.count
    let norms = stride(from: 0, to: observer.gradients.count, by: count).map { start in
      observer.gradients[start..<start + count].reduce(0) { $0 + $1.norm * $1.norm }.squareRoot()
    }
    expect(norms, one.numbers("gradient_norms"), "gradient norm")
    let last = try #require(outcome.weights)
    for (name, value) in one.json["weights"]?.object?.members ?? [] {
      let expected = (value.array ?? []).compactMap(\.double)
      let found = try #require(last[name]).elements(of: Float.self).map(Double.init)
      #expect(found.count == expected.count)
      let distance = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(distance < 5e-5, "\(name)")
    }
  }
}
