import Autodiff
import Kernels
import Tensors

/// The gradient of a batch that passes part after part: the mean of its parts' gradients, each by what it weighs.
///
/// `m ← (W / (W + w)) m + (w / (W + w)) g`, `W` the weight of the parts before. The last part's result goes where passes leave
/// their gradients and the optimizer reads them.
final class GradientAccumulation {
  private let mean: ParameterStore
  private let gradients: ParameterStore
  private let toMean: WeightedSum
  private let toGradients: WeightedSum
  private let team: ThreadTeam
  private var weight = 0.0

  /// - Parameter gradients: where a pass leaves them.
  /// - Precondition: there is one at least.
  init(_ gradients: ParameterStore, team: ThreadTeam) {
    let descriptions = zip(gradients.names, gradients.shapes).map { (name: $0, shape: $1) }
    let mean = ParameterStore(descriptions, element: .float32)
    // Gaps between the parameters are zeros in both, so that all are one vector.
    let count = gradients.byteCount / ElementType.float32.byteCount
    func floats(_ store: ParameterStore) -> UnsafeMutablePointer<Float> {
      store.pointer(0).assumingMemoryBound(to: Float.self)
    }
    let (own, passed) = (floats(mean), floats(gradients))
    toMean = WeightedSum(own, own, passed, count: count)
    toGradients = WeightedSum(passed, own, passed, count: count)
    self.mean = mean
    self.gradients = gradients
    self.team = team
  }

  func begin() { weight = 0 }

  /// Takes in the gradients that a pass left.
  ///
  /// - Parameters:
  ///   - partWeight: of the part; 0 where the loss ignores all of it, whose gradients are 0 then.
  ///   - isLast: whether the mean becomes the gradients.
  func add(weight partWeight: Double, isLast: Bool) {
    let sum = weight + partWeight
    guard sum > 0 else { return }
    (isLast ? toGradients : toMean).run(weight / sum, partWeight / sum, on: team)
    weight = sum
  }
}
