import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Several objectives against PyTorch: `Fixtures/make_objectives.py` trains the same model.
@Suite struct ObjectiveReferenceTests {
  static let losses: [(String, JSON)] = [
    ("fixed", TwoHeads.terms(0.7, 0.3)),
    (
      "scheduled",
      TwoHeads.terms(
        1, ["value": 0.5, "schedule": ["type": "linear", "final_fraction": 0.2]])
    ),
    ("uncertainty", ["terms": TwoHeads.terms(), "balance": "uncertainty"]),
    ("gradnorm", ["terms": TwoHeads.terms(), "balance": ["type": "gradnorm", "alpha": 1.5]]),
    ("pcgrad", ["terms": TwoHeads.terms(1, 0.5), "balance": "pcgrad"]),
  ]

  @Test("twelve steps are PyTorch's: losses, their sum, weights and norms", arguments: losses)
  func steps(name: String, loss: JSON) throws {
    let expected = try #require(TwoHeads.fixture["runs"]?[name])
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: TwoHeads.model(), data: TrainingData(training: TwoHeads.examples()),
      configuration: TwoHeads.configuration(loss: loss),
      observation: ObservationConfiguration(
        histogramsEvery: 0, activationsEvery: 0, termGradientsEvery: 1),
      initialWeights: TwoHeads.weights())
    let outcome = try trainer.run(observer: observer)
    #expect(outcome.reason == .completed)
    #expect(observer.summary?.terms == ["kind", "size"])
    check(observer.losses, TwoHeads.numbers(expected["total"]), "total")
    check(
      observer.blocks.flatMap(\.termLosses), TwoHeads.rows(expected["losses"]).flatMap(\.self),
      "losses")
    check(
      observer.blocks.flatMap(\.termWeights), TwoHeads.rows(expected["weights"]).flatMap(\.self),
      "weights")
    let norms = TwoHeads.rows(expected["norms"])
    for (index, term) in ["kind", "size"].enumerated() {
      #expect(observer.steps(of: "gradient_norm.\(term)") == Array(1...12))
      check(observer.values(of: "gradient_norm.\(term)"), norms.map { $0[index] }, "norms")
    }
    let conflicts = observer.values(of: "gradient_conflict.kind.size")
    for (found, expected) in zip(conflicts, TwoHeads.numbers(expected["conflicts"])) {
      #expect(abs(found - expected) <= 1e-4)
    }
    #expect(conflicts.count == 12)
  }

  private func check(_ found: [Double], _ expected: [Double], _ what: String) {
    #expect(found.count == expected.count && !expected.isEmpty, "\(what)")
    for (index, (found, expected)) in zip(found, expected).enumerated() {
      #expect(abs(found - expected) <= 1e-4 * abs(expected), "\(what) \(index)")
    }
  }

  @Test("projections in any order are those of the paper's algorithm")
  func projection() throws {
    let expected = try #require(TwoHeads.fixture["projection"])
    let gradients = TwoHeads.rows(expected["gradients"])
    let orders = TwoHeads.rows(expected["orders"]).map { $0.map { Int($0) } }
    let products = gradients.flatMap { first in
      gradients.map { second in zip(first, second).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let factors = ConflictProjection.coefficients(
      products: products, weights: TwoHeads.numbers(expected["weights"])
    ) { orders[$0] }
    for (column, wanted) in TwoHeads.numbers(expected["result"]).enumerated() {
      let found = zip(factors, gradients).reduce(0) { $0 + $1.0 * $1.1[column] }
      #expect(abs(found - wanted) <= 1e-12)
    }
  }

  @Test("the order in which conflicts are looked at is a function of seed and step")
  func order() {
    func orders(seed: UInt64, step: Int) -> [[Int]] {
      (0..<6).map { ConflictProjection.order(of: $0, among: 6, seed: seed, step: step) }
    }
    #expect(orders(seed: 1, step: 3) == orders(seed: 1, step: 3))
    #expect(orders(seed: 1, step: 3) != orders(seed: 1, step: 4))
    #expect(orders(seed: 1, step: 3) != orders(seed: 2, step: 3))
    for (term, others) in orders(seed: 1, step: 3).enumerated() {
      #expect(others.sorted() == (0..<6).filter { $0 != term })
    }
  }
}
