import Autodiff
import Foundation
import Kernels
import NeuralNetworks
import Optimizers
import Tensors

/// How much each objective counts at a step, and what that needs to be remembered.
///
/// One objective by a fixed weight costs nothing here.
final class TermBalancer {
  let objectives: [Objective]
  let balance: LossBalance
  /// The learned parameters at which GradNorm compares gradients.
  let shared: [Int]
  /// One a term, as plans read them.
  let weights: UnsafeMutablePointer<Float>
  /// The log variances and their derivatives; empty unless they are learned.
  let logVariances: ParameterStore
  let logVarianceGradients: ParameterStore
  /// The gradients of each term; `nil` unless they are combined after the pass.
  private(set) var termGradients: TermGradients?
  private let updater: ParameterUpdater?
  private var gradNorm: GradNormWeights?
  private let seed: UInt64
  private let gradients: ParameterStore
  private let team: ThreadTeam

  /// - Parameter gradients: of the learned parameters, as the optimizer reads them.
  init(
    _ objectives: [Objective], configuration: TrainingConfiguration, shared: [Int],
    gradients: ParameterStore, team: ThreadTeam
  ) throws(TrainingError) {
    self.objectives = objectives
    self.shared = shared
    self.gradients = gradients
    self.team = team
    balance = configuration.losses.balance
    seed = configuration.seed
    weights = .allocate(capacity: max(objectives.count, 1))
    weights.initialize(repeating: 1, count: max(objectives.count, 1))
    let names =
      balance == .uncertainty
      ? objectives.map { (name: "loss.\($0.name).log_variance", shape: Shape([])) } : []
    logVariances = ParameterStore(names, element: .float32)
    logVarianceGradients = ParameterStore(names, element: .float32)
    updater =
      names.isEmpty
      ? nil
      : ParameterUpdater(
        OptimizerChoice(configuration.optimizer), parameters: logVariances,
        gradients: logVarianceGradients, team: team)
    if case .gradNorm(let members) = balance {
      gradNorm = GradNormWeights(objectives.map(\.weight.value), members)
    }
    if balance == .conflictFree {
      termGradients = try TermGradients(terms: objectives.count, like: gradients, team: team)
    }
  }

  deinit { weights.deallocate() }

  var plannedBytes: Int { termGradients?.plannedBytes ?? 0 }

  /// Sets the weights of a step, before its pass.
  func prepare(step: Int, of length: RunLength) {
    for index in objectives.indices {
      weights[index] =
        gradNorm?.weights[index]
        ?? Float(objectives[index].weight.value(step: step, of: length))
    }
  }

  /// By what a term's loss is multiplied in the sum, as things stand.
  func weight(_ index: Int) -> Double {
    let weight = Double(weights[index])
    guard balance == .uncertainty else { return weight }
    return weight * objectives[index].precisionFactor * exp(-logVariance(index))
  }

  /// The sum that is made small.
  ///
  /// - Parameter loss: of a term.
  func total(_ loss: (Int) -> Double) -> Double {
    var total = 0.0
    for index in objectives.indices {
      total += weight(index) * loss(index)
      if balance == .uncertainty { total += Double(weights[index]) * logVariance(index) / 2 }
    }
    return total
  }

  private func logVariance(_ index: Int) -> Double {
    Double(logVariances.pointer(index).assumingMemoryBound(to: Float.self).pointee)
  }

  /// After a pass and before the optimizer's step: combines the terms' gradients, where that is asked for.
  func combineGradients(step: Int) {
    guard let termGradients else { return }
    let products = termGradients.measureProducts()
    self.products = products
    let count = objectives.count
    termGradients.combine(
      ConflictProjection.coefficients(
        products: products, weights: objectives.indices.map { Double(weights[$0]) }
      ) { ConflictProjection.order(of: $0, among: count, seed: self.seed, step: step) })
  }

  /// `g_i · g_j` of the last step, when the terms' gradients are combined.
  private var products: [Double] = []

  /// `g_i · g_j` of the terms' own gradients at the last pass, row after row; `nil` when it wasn't measured.
  func products(of program: TrainingProgram) -> [Double]? {
    let count = objectives.count
    if termGradients != nil, products.count == count * count { return products }
    guard !program.products.isEmpty else { return nil }
    var all = [Double](repeating: 0, count: count * count)
    for product in program.products {
      let value = Double(product.value.pointee)
      all[product.first * count + product.second] = value
      all[product.second * count + product.first] = value
    }
    return all
  }

  /// Moves what is learned of the balance; answers whether its gradients were finite.
  func update(after program: TrainingProgram, step: Int, learningRate: Double) -> Bool {
    gradNorm?.update(
      losses: objectives.indices.map(program.loss),
      norms: program.sharedSquaredNorms.map { Double($0.pointee).squareRoot() }, step: step)
    return updater?.update(step: step, learningRate: learningRate) ?? true
  }

  // MARK: - State

  /// What a checkpoint has to hold beside the optimizer's memory, named `balance.<…>`.
  func state() -> [NamedTensor] {
    let own =
      Weights(copying: logVariances).tensors + (updater?.state() ?? []) + (gradNorm?.state ?? [])
    return own.map { NamedTensor(name: TermBalancer.prefix + $0.name, tensor: $0.tensor) }
  }

  /// - Throws: `TrainingError.invalidWeights` when the state is of other terms.
  func restore(_ tensors: [NamedTensor]) throws(TrainingError) {
    let own = tensors.filter { $0.name.hasPrefix(TermBalancer.prefix) }.map {
      NamedTensor(name: String($0.name.dropFirst(TermBalancer.prefix.count)), tensor: $0.tensor)
    }
    let names = Set(logVariances.names)
    try Weights(own.filter { names.contains($0.name) }).write(to: logVariances)
    try updater?.restore(own)
    try gradNorm?.restore(own)
  }

  private static let prefix = "balance."
}
