import Autodiff
import Kernels
import NeuralNetworks

/// Brings parameters to what constraints allow, in place; a run allocates nothing.
final class ParameterConstraints {
  private let calls: KernelSequence
  private let team: ThreadTeam
  // What the kernels point to must live as long as they do.
  private let parameters: ParameterStore

  init(
    _ entries: [(kinds: [ParameterConstraint.Kind], index: Int, axes: UnitAxes)],
    parameters: ParameterStore, team: ThreadTeam
  ) {
    calls = KernelSequence(
      entries.flatMap { entry in
        let place = parameters.pointer(entry.index)
        let layout = IncomingWeights(
          groups: entry.axes.groups, runs: entry.axes.runs, unitsInGroup: entry.axes.units,
          length: entry.axes.length)
        precondition(layout.count == parameters.shapes[entry.index].count, "all of the parameter")
        return entry.kinds.map { kind in
          switch kind {
          case .nonNegative:
            ConstraintKernels.nonNegative(
              place, count: layout.count, element: parameters.element)
          case .maxNorm(let limit):
            ConstraintKernels.boundNorm(
              place, layout, limit: limit, element: parameters.element)
          case .unitNorm:
            ConstraintKernels.unitNorm(place, layout, element: parameters.element)
          }
        }
      })
    self.parameters = parameters
    self.team = team
  }

  func run() { calls.run(on: team) }
}
