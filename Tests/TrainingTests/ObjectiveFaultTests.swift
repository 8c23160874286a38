import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct ObjectiveFaultTests {
  private func faults(_ loss: JSON, _ members: JSONObject = JSONObject()) -> [String: String] {
    do {
      let configuration = try TwoHeads.configuration(loss: loss, members)
      let faults = try TrainingData(training: TwoHeads.examples())
        .faults(model: TwoHeads.model(), configuration: configuration)
      return Dictionary(faults.all.map { ($0.pointer, $0.detail) }) { first, _ in first }
    } catch let faults as Faults {
      return Dictionary(faults.all.map { ($0.pointer, $0.detail) }) { first, _ in first }
    } catch {
      return ["": "\(error)"]
    }
  }

  @Test("all faults of a document are told in one answer")
  func document() {
    let found = faults([
      "terms": [
        ["output": "kind", "type": "cross_entropy", "weight": -1],
        ["output": "size", "type": "mse", "weight": ["schedule": "cosin"], "name": "a/b"],
        ["output": "size", "type": "no_such_loss"],
        3,
      ],
      "balance": ["type": "gradnorm", "alpha": -1, "rate": 2],
    ])
    #expect(found["/loss/terms/0/weight"]?.contains("out of range") == true)
    #expect(found["/loss/terms/1/weight/schedule"]?.contains("cosine") == true)
    #expect(found["/loss/terms/1/name"]?.contains("letters") == true)
    #expect(found["/loss/terms/2/type"]?.contains("unknown") == true)
    #expect(found["/loss/terms/3"]?.contains("expected an object") == true)
    #expect(found["/loss/balance/alpha"]?.contains("out of range") == true)
    #expect(found["/loss/balance/rate"]?.contains("unknown field") == true)
  }

  @Test("a list that is no list, or too long, or has a name twice")
  func list() {
    #expect(faults([])["/loss"]?.contains("from 1 to 16") == true)
    #expect(faults(.array([JSON](repeating: "mse", count: 17)))["/loss"]?.contains("17") == true)
    #expect(faults(["terms": "mse"])["/loss/terms"]?.contains("expected a list") == true)
    let twice = faults([
      ["output": "size", "type": "mse"], ["output": "size", "type": "mae"],
    ])
    #expect(twice["/loss/1"]?.contains("\"name\"") == true)
    let alone = faults(["terms": [["output": "size", "type": "mse"]], "balance": "pcgrad"])
    #expect(alone["/loss/terms"]?.contains("two or more") == true)
    let both = faults([
      "terms": TwoHeads.terms(1, ["schedule": "cosine"]), "balance": "uncertainty",
    ])
    #expect(both["/loss/terms"]?.contains("contradicts") == true)
  }

  @Test("outputs and targets that there are not are named beside those there are")
  func resolution() {
    let found = faults([
      ["output": "kin", "type": "cross_entropy", "target": "y1"],
      ["output": "size", "type": "mse", "target": "y3"],
      ["type": "mse", "target": "y2", "name": "third"],
      ["output": "size", "type": "mse", "name": "fourth"],
      ["output": "kind", "type": "cross_entropy", "target": "y2", "name": "fifth"],
    ])
    #expect(found["/training/loss/0/output"]?.contains("did you mean \"kind\"") == true)
    #expect(found["/training/loss/1/target"]?.contains("y1, y2") == true)
    #expect(found["/training/loss/2"]?.contains("kind, size") == true)
    #expect(found["/training/loss/3"]?.contains("y1, y2") == true)
    #expect(found["/training/loss/4"]?.contains("a class") == true)
    #expect(faults("cross_entropy")["/training/loss"]?.contains("kind, size") == true)
  }

  @Test("GradNorm needs a layer that all terms depend on")
  func sharedLayer() {
    let found = faults([
      "terms": TwoHeads.terms(), "balance": ["type": "gradnorm", "layer": "kind"],
    ])
    #expect(found["/training/loss/balance/layer"]?.contains("left, right, shared") == true)
  }

  @Test("accuracy and its series need classes")
  func accuracy() {
    let numbers: JSON = [["output": "size", "type": "mse", "target": "y2"]]
    let found = faults(numbers, JSONObject([("metrics", ["accuracy"])]))
    #expect(found["/training/metrics/0"]?.contains("needs classes") == true)
    let monitor = faults(
      TwoHeads.terms(),
      JSONObject([
        ("metrics", ["accuracy"]), ("validation", ["fraction": 0.25]),
        ("early_stopping", ["monitor": "validation_accuracy.size", "patience": 1]),
      ]))
    #expect(monitor["/training/early_stopping/monitor"]?.contains("numbers") == true)
    let plain = faults(
      TwoHeads.terms(),
      JSONObject([
        ("metrics", ["accuracy"]), ("validation", ["fraction": 0.25]),
        ("early_stopping", ["monitor": "validation_accuracy", "patience": 1]),
      ]))
    #expect(plain["/early_stopping/monitor"]?.contains("validation_accuracy.kind") == true)
  }

  @Test("arrays that the model takes and the data hasn't, and shapes that differ")
  func arrays() throws {
    let examples = MemoryExamples(
      inputs: [("a", [Float](repeating: 0, count: 8), [4]), ("c", [0, 0], [1])],
      targets: [
        ("y1", .classes([0, 1], count: 3)),
        ("y2", .numbers([0, 0, 0, 0], shape: [2])),
      ])
    let faults = try TrainingData(training: examples)
      .faults(
        model: TwoHeads.model(),
        configuration: TwoHeads.configuration(
          loss: TwoHeads.terms(), JSONObject([("batch_size", 2)])))
    let details = faults.all.map(\.detail)
    #expect(details.contains { $0.contains("\"a\" is [5]") && $0.contains("[4]") })
    #expect(details.contains { $0.contains("\"b\" is no array") && $0.contains("\"c\"") })
  }
}
