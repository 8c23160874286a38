import Autodiff
import Kernels
import Tensors
import Testing

/// What holds for every line of the catalog.
@Suite struct PrimitiveTests {
  @Test(
    "every operation's derivative agrees with central differences",
    arguments: PrimitiveCatalog.all)
  func derivatives(entry: PrimitiveEntry) throws {
    #expect(
      !entry.cases.isEmpty || entry.isDerivativeOf != nil,
      "\(entry.name) has no case; give it one where it is defined")
    let team = ThreadTeam(threads: 1)
    // By input; in some case each must have a derivative, or agreement would mean nothing.
    var largest: [Int: Double] = [:]
    for (index, used) in entry.cases.enumerated() where !used.checked.isEmpty {
      let made = try used.graph(seed: UInt64(index + 1))
      let findings = try GradientCheck().findings(
        graph: made.graph, loss: made.loss,
        variables: used.checked.map { ("input \($0)", made.inputs[$0]) },
        contents: made.contents, team: team)
      for (input, finding) in zip(used.checked, findings) {
        largest[input] = max(largest[input] ?? 0, finding.largestDerivative)
        #expect(finding.relativeDifference < 1e-7, "\(used): \(finding)")
      }
    }
    for (input, derivative) in largest where !entry.isPiecewiseConstant {
      #expect(derivative > 0, "the derivative of \(entry.name) by input \(input) is always 0")
    }
  }

  /// `Σ w · g²` over the derivatives, whose own derivative is a row of the Hessian's.
  private func second(_ used: PrimitiveCase, seed: UInt64) throws -> (PrimitiveCaseGraph, Value) {
    var made = try used.graph(seed: seed)
    let gradients = try made.graph.gradients(
      of: made.loss, withRespectTo: used.checked.map { made.inputs[$0] })
    var total: Value?
    for (index, gradient) in gradients.enumerated() {
      let weights = PrimitiveCase.weights(
        made.graph.shape(of: gradient), seed: seed &+ UInt64(index) &+ 7)
      let term = try made.graph.sum(
        made.graph.multiply(made.graph.square(gradient), made.graph.constant(weights)))
      total = try total.map { try made.graph.add($0, term) } ?? term
    }
    return (made, try #require(total))
  }

  @Test(
    "the derivative of the derivative agrees with differences where the catalog says that there is one",
    arguments: PrimitiveCatalog.all)
  func secondOrder(entry: PrimitiveEntry) throws {
    let team = ThreadTeam(threads: 1)
    for (index, used) in entry.cases.enumerated() where !used.checked.isEmpty {
      let seed = UInt64(index + 1)
      if entry.order == .first {
        #expect(throws: GraphError.self, "\(used) has a second derivative; say so in its entry") {
          var (made, loss) = try second(used, seed: seed)
          _ = try made.graph.gradients(
            of: loss, withRespectTo: used.checked.map { made.inputs[$0] })
        }
        continue
      }
      let (made, loss) = try second(used, seed: seed)
      let findings = try GradientCheck().findings(
        graph: made.graph, loss: loss,
        variables: used.checked.map { ("input \($0)", made.inputs[$0]) },
        contents: made.contents, team: team)
      for finding in findings {
        #expect(finding.relativeDifference < 1e-6, "\(used): \(finding)")
      }
    }
  }

  @Test("a primitive without a case of its own is reached by the one whose derivative it is")
  func derivativesAreReached() throws {
    let names = Set(PrimitiveCatalog.all.map(\.name))
    #expect(names.count == PrimitiveCatalog.all.count, "a name is taken twice")
    for entry in PrimitiveCatalog.all {
      guard let forward = entry.isDerivativeOf else { continue }
      let owner = try #require(PrimitiveCatalog.all.first { $0.name == forward })
      let isUsed = try owner.cases.contains { used in
        var made = try used.graph(seed: 1)
        let gradients = try made.graph.gradients(
          of: made.loss, withRespectTo: used.checked.map { made.inputs[$0] })
        return try Plan(made.graph, outputs: gradients, options: .none).lines
          .contains { $0.primitive == entry.name }
      }
      #expect(isUsed, "\(forward) doesn't use \(entry.name)")
    }
  }

  @Test("every primitive that a plan of any kind runs is in the catalog")
  func complete() throws {
    let names = Set(PrimitiveCatalog.all.map(\.name))
    for entry in PrimitiveCatalog.all {
      for used in entry.cases {
        var made = try used.graph(seed: 1)
        let gradients = try made.graph.gradients(
          of: made.loss, withRespectTo: used.checked.map { made.inputs[$0] })
        let plan = try Plan(made.graph, outputs: [made.loss] + gradients, options: .none)
        for line in plan.lines {
          #expect(names.contains(line.primitive), "\(line.primitive) is not in PrimitiveCatalog")
        }
      }
    }
  }
}
