import Autodiff
import Kernels
import Tensors

/// The penalties of a run on its parameters: one pass over each adds their gradient to the loss's and sums them up.
///
/// A run allocates nothing. Sums are added tile by tile in order, so that they don't depend on the number of threads.
final class ParameterPenalties {
  /// What the last run came to: `Σ l1 |w| + l2 w²`, by the parameters as they were.
  private(set) var value = 0.0

  private let calls: KernelSequence
  private let entries: [(l1: Double, l2: Double, tiles: Range<Int>)]
  private let sums: UnsafeMutablePointer<PenaltySums>
  private let team: ThreadTeam
  // What the kernels point to must live as long as they do.
  private let parameters: ParameterStore
  private let gradients: ParameterStore

  /// - Parameters:
  ///   - strengths: for some parameters, how strong each penalty is.
  ///   - gradients: to which theirs is added; an entry for every parameter.
  init(
    _ strengths: [(index: Int, l1: Double, l2: Double)], parameters: ParameterStore,
    gradients: ParameterStore, team: ThreadTeam
  ) {
    precondition(parameters.shapes == gradients.shapes, "a gradient for every parameter")
    var entries: [(l1: Double, l2: Double, tiles: Range<Int>)] = []
    var end = 0
    for (index, l1, l2) in strengths {
      let tiles = PenaltyKernels.tiling(count: parameters.shapes[index].count).tiles
      entries.append((l1, l2, end..<end + tiles))
      end += tiles
    }
    let sums = UnsafeMutablePointer<PenaltySums>.allocate(capacity: max(end, 1))
    sums.initialize(repeating: PenaltySums(), count: max(end, 1))
    calls = KernelSequence(
      zip(strengths, entries).map { strength, entry in
        PenaltyKernels.penalty(
          gradient: gradients.pointer(strength.index),
          parameter: parameters.pointer(strength.index),
          count: parameters.shapes[strength.index].count, element: parameters.element,
          l1: strength.l1, l2: strength.l2, sums: sums + entry.tiles.lowerBound)
      })
    self.entries = entries
    self.sums = sums
    self.team = team
    self.parameters = parameters
    self.gradients = gradients
  }

  deinit { sums.deallocate() }

  /// Adds the penalties' gradient at the parameters as they are.
  func run() {
    calls.run(on: team)
    var total = 0.0
    for index in entries.indices {
      var sum = PenaltySums()
      for tile in entries[index].tiles {
        sum.magnitudes += sums[tile].magnitudes
        sum.squares += sums[tile].squares
      }
      total += sum.penalty(l1: entries[index].l1, l2: entries[index].l2)
    }
    value = total
  }
}
