import Foundation
import NeuralNetworks
import Tensors

/// The weights that GradNorm moves, and all that they need to go on.
///
/// `G_i = w_i n_i` with `n_i` the norm of a term's gradient at the shared layer, `r_i` how much less than the
/// others it has come down. Adam moves `w` along the derivatives of `Σ |G_i - mean(G) r_i^α|`, the right-hand
/// parts held fixed; then all are scaled so that their sum is what it was at first.
/// Chen et al. 2017, arXiv:1711.02257, algorithm 1.
struct GradNormWeights {
  private(set) var weights: [Float]
  /// Each term's loss at the first step; empty before it.
  private var firstLosses: [Float] = []
  private var firstMoments: [Float]
  private var secondMoments: [Float]
  private let sum: Float
  private let configuration: LossBalance.GradNorm

  /// No weight falls below this part of the mean: a term that counts for nothing would never come back.
  static let smallestShare: Float = 1e-3

  init(_ weights: [Double], _ configuration: LossBalance.GradNorm) {
    self.weights = weights.map { Float($0) }
    sum = self.weights.reduce(0, +)
    firstMoments = [Float](repeating: 0, count: weights.count)
    secondMoments = firstMoments
    self.configuration = configuration
  }

  /// - Parameters:
  ///   - norms: of the unweighted gradients.
  ///   - step: counted from 1.
  mutating func update(losses: [Double], norms: [Double], step: Int) {
    if firstLosses.isEmpty { firstLosses = losses.map { Float($0) } }
    let count = Double(weights.count)
    let ratios = zip(losses, firstLosses).map { loss, first in
      first == 0 ? 1 : max(0, loss / Double(first))
    }
    let meanRatio = ratios.reduce(0, +) / count
    let weighted = zip(weights, norms).map { Double($0) * $1 }
    let meanNorm = weighted.reduce(0, +) / count
    for index in weights.indices {
      let rate = meanRatio > 0 ? ratios[index] / meanRatio : 1
      let wanted = meanNorm * pow(rate, configuration.alpha)
      let difference = weighted[index] - wanted
      let slope = (difference > 0 ? 1.0 : difference < 0 ? -1.0 : 0.0) * norms[index]
      move(index, along: slope, step: step)
    }
    let smallest = GradNormWeights.smallestShare * sum / Float(weights.count)
    for index in weights.indices { weights[index] = max(weights[index], smallest) }
    let total = weights.reduce(0, +)
    for index in weights.indices { weights[index] *= sum / total }
  }

  /// Adam with its usual decays.
  private mutating func move(_ index: Int, along slope: Double, step: Int) {
    guard slope.isFinite else { return }
    let first = 0.9 * Double(firstMoments[index]) + 0.1 * slope
    let second = 0.999 * Double(secondMoments[index]) + 0.001 * slope * slope
    firstMoments[index] = Float(first)
    secondMoments[index] = Float(second)
    let corrected = first / (1 - pow(0.9, Double(step)))
    let scale = (second / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8
    weights[index] -= Float(configuration.learningRate * corrected / scale)
  }

  /// For a checkpoint.
  var state: [NamedTensor] {
    [
      ("weights", weights), ("first_losses", firstLosses), ("exp_avg", firstMoments),
      ("exp_avg_sq", secondMoments),
    ].filter { !$0.1.isEmpty }.map {
      NamedTensor(name: "gradnorm.\($0.0)", tensor: Tensor($0.1, shape: [$0.1.count]))
    }
  }

  /// - Throws: `TrainingError.invalidWeights` when the state is of other terms.
  mutating func restore(_ tensors: [NamedTensor]) throws(TrainingError) {
    func numbers(_ name: String) throws(TrainingError) -> [Float]? {
      guard let found = tensors.first(where: { $0.name == "gradnorm.\(name)" }) else { return nil }
      guard found.tensor.type == TensorType([weights.count]) else {
        throw TrainingError(.invalidWeights, "gradnorm.\(name) is of other terms")
      }
      return found.tensor.elements(of: Float.self)
    }
    firstLosses = try numbers("first_losses") ?? []
    guard let weights = try numbers("weights"), let first = try numbers("exp_avg"),
      let second = try numbers("exp_avg_sq")
    else { throw TrainingError(.invalidWeights, "the state lacks the weights of gradnorm") }
    self.weights = weights
    firstMoments = first
    secondMoments = second
  }
}
