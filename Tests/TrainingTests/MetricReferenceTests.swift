import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Metrics and curves against scikit-learn: `Fixtures/make_metrics.py` wrote the outputs, the targets and what they come to.
@Suite struct MetricReferenceTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON
    var name: String { json["name"]?.string ?? "" }
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/metrics.json")
    guard let text = try? String(contentsOf: url, encoding: .utf8),
      let list = try? JSON(parsing: text).array
    else { return [] }
    return list.map(Case.init)
  }()

  private static func numbers(_ json: JSON?) -> [Double] {
    (json?.array ?? []).map { $0.double ?? .nan }
  }

  private static func close(_ found: Double, _ expected: Double) -> Bool {
    abs(found - expected) <= 1e-9 * max(1, abs(expected))
  }

  /// A model that hands its inputs on, and the case's outputs as those.
  private func parts(_ one: Case) throws -> (Model, MemoryExamples) {
    let json = one.json
    let width = try #require(json["width"]?.integer)
    let outputs = Self.numbers(json["outputs"]).map { Float($0) }
    let targets = Self.numbers(json["targets"])
    let places = json["places"]?.integer ?? 1
    let shape: Shape = places > 1 ? [places, width] : [width]
    let model = try Model(
      ModelSpec([
        "input": ["shape": .array(shape.dimensions.map(JSON.integer))],
        "layers": [["type": "activation", "activation": "identity"]],
      ]))
    if let numbers = json["numbers"]?.integer {
      return (
        model,
        MemoryExamples(
          inputs: outputs, shape: shape,
          targets: .numbers(targets.map { Float($0) }, shape: [numbers]))
      )
    }
    return (
      model,
      MemoryExamples(
        inputs: outputs, shape: shape,
        targets: .classes(
          targets.map { Int32($0) }, count: json["classes"]?.integer ?? 0,
          shape: places > 1 ? [places] : []))
    )
  }

  private func evaluate(
    _ one: Case, _ metrics: [any Metric], batchSize: Int
  ) throws -> EvaluationResult {
    let (model, examples) = try parts(one)
    return try Evaluation.result(
      model: model, weights: Weights([]),
      loss: LossCatalog.decode(#require(one.json["loss"]), pointer: ""), examples: examples,
      metrics: metrics, batchSize: batchSize)
  }

  @Test("there are cases") func there() { #expect(Self.cases.count >= 25) }

  @Test("an evaluation's metrics are scikit-learn's to 1e-9", arguments: cases)
  func values(one: Case) throws {
    let expected = try #require(one.json["expected"]?.object)
    var metrics: [any Metric] = []
    for (name, _) in expected.members {
      let isOfTen = name == "expected_calibration_error_10"
      metrics.append(
        try MetricCatalog.decode(
          isOfTen ? ["type": "ece", "bins": 10] : .string(name), pointer: ""))
    }
    for batchSize in [7, 1000] {
      let result = try evaluate(one, metrics, batchSize: batchSize)
      for (name, value) in expected.members {
        let found = try #require(result.value(of: name), "\(name)")
        if let value = value.double {
          #expect(Self.close(found, value), "\(name): \(found), not \(value)")
        } else {
          #expect(found.isNaN, "\(name): \(found)")
        }
      }
      #expect(result.figures.count == expected.members.count)
    }
  }

  @Test(
    "confusion matrices are scikit-learn's", arguments: cases.filter { $0.json["confusion"] != nil }
  )
  func confusion(one: Case) throws {
    let result = try evaluate(
      one, [MetricCatalog.decode("confusion_matrix", pointer: "")], batchSize: 16)
    let matrix = try #require(result.confusion)
    // The model may have outputs that no class of the target has.
    let classes = try #require(one.json["classes"]?.integer)
    #expect(matrix.classes == max(classes, 2))
    #expect(matrix.counts.map(Double.init) == Self.numbers(one.json["confusion"]))
    #expect(result.figures.isEmpty)
  }

  @Test("curves are scikit-learn's", arguments: cases.filter { $0.json["curves"] != nil })
  func curves(one: Case) throws {
    let expected = try #require(one.json["curves"])
    let index = try #require(expected["class"]?.integer)
    let result = try evaluate(
      one,
      ["roc_curve", "pr_curve", "calibration_curve"].map {
        try MetricCatalog.decode(.string($0), pointer: "")
      }, batchSize: 16)
    let details = try #require(result.details.first)
    #expect(details.areScoresExact && details.confusion == nil)
    let ranked = try #require(details.ranked.first { $0.classIndex == index })
    let (all, others) = (Double(ranked.positives), Double(ranked.negatives))
    let roc = (expected["roc"]?.array ?? []).map { Self.numbers($0) }.dropFirst()
    #expect(ranked.points.count == roc.count && !roc.isEmpty)
    for (point, row) in zip(ranked.points, roc) {
      #expect(point.threshold == row[0])
      #expect(Self.close(Double(point.negatives) / others, row[1]))
      #expect(Self.close(Double(point.positives) / all, row[2]))
    }
    // Theirs grows with the threshold.
    let pairs = zip(
      ranked.points.reversed(), (expected["pr"]?.array ?? []).map { Self.numbers($0) })
    for (point, row) in pairs {
      #expect(point.threshold == row[0])
      #expect(Self.close(Double(point.positives) / all, row[1]))
      #expect(Self.close(point.precision, row[2]))
    }
    #expect(expected["pr"]?.array?.count == ranked.points.count)
    let bins = try #require(details.calibration.first { $0.classIndex == index }).bins
    let filled = bins.filter { $0.count > 0 }
    let reliability = (expected["calibration"]?.array ?? []).map { Self.numbers($0) }
    #expect(filled.count == reliability.count && bins.count == 15)
    for (bin, row) in zip(filled, reliability) {
      #expect(Self.close(bin.predicted, row[0]))
      #expect(Self.close(Double(bin.right) / Double(bin.count), row[1]))
    }
  }

  @Test(
    "on the training part they are the same, but for areas, whose error has a bound",
    arguments: cases)
  func training(one: Case) throws {
    let expected = try #require(one.json["expected"]?.object).members
      .filter { $0.0 != "expected_calibration_error_10" && $0.0 != "accuracy" }
    let metrics = try expected.map { try MetricCatalog.decode(.string($0.0), pointer: "") }
    let (model, examples) = try parts(one)
    var resolver = ObjectiveResolver(model: model, targets: examples.targets, pointer: "")
    let losses = LossTerms(try LossCatalog.decode(#require(one.json["loss"]), pointer: ""))
    let objective = try #require(resolver.objectives(losses).first)
    let counted = ObjectiveMetrics(
      metrics, of: objective, output: model.outputs[0], for: .training)
    let outputs = Self.numbers(one.json["outputs"]).map { Float($0) }
    let targets = Self.numbers(one.json["targets"])
    let isNumbers = one.json["numbers"] != nil
    let batch =
      isNumbers ? outputs.count / model.outputs[0].shape.count : targets.count / objective.places
    let classes = isNumbers ? [0] : targets.map { Int32($0) }
    let numbers = targets.map { Float($0) }
    counted.add(
      outputs: outputs, classes: isNumbers ? nil : classes, numbers: isNumbers ? numbers : nil,
      batch: batch)
    for (name, value) in expected {
      let found = try #require(counted.values[name], "\(name)")
      guard let value = value.double else {
        #expect(found.isNaN, "\(name): \(found)")
        continue
      }
      // Scores lie 1 in 64 or more of their size apart, but for ties within a bin.
      let tolerance =
        name.hasPrefix("roc_auc") || name.hasPrefix("pr_auc") ? 0.03 : 1e-9 * max(1, abs(value))
      #expect(abs(found - value) <= tolerance, "\(name): \(found), not \(value)")
    }
  }
}
