import Autodiff
import Kernels
import Tensors

/// Sophia over the batches of a run.
final class SophiaSolver: StepSolver {
  /// Vectors that it holds.
  static let vectors = 4

  private let rule: Sophia
  private let vectors: ParameterVectors
  private let seed: UInt64
  private let team: ThreadTeam
  let direction: ParameterStore
  let product: ParameterStore
  private let steps: KernelSequence
  private let estimates: KernelSequence
  private let scalars: UnsafeMutablePointer<OptimizerScalars>
  // What the kernels point to must live as long as they do.
  private let setting: SolverSetting
  private let statistics: StatisticsBlock

  // MARK: Memory

  private let momentum: ParameterStore
  private let curvature: ParameterStore
  private let numbers: SolverMemory
  private enum Number: Int {
    /// Estimates so far, and steps since the last; 0 when the next is due.
    case estimates
    case since
  }

  private var lastTrace = 0.0

  init(_ rule: Sophia, _ setting: SolverSetting) {
    self.rule = rule
    self.setting = setting
    seed = setting.seed
    team = setting.team
    let vectors = ParameterVectors(setting)
    self.vectors = vectors
    let (direction, product) = (vectors.make("direction"), vectors.make("product"))
    let (momentum, curvature) = (
      vectors.make("solver.exp_avg"), vectors.make("solver.hessian")
    )
    (self.direction, self.product) = (direction, product)
    (self.momentum, self.curvature) = (momentum, curvature)
    let parameters = setting.parameters
    numbers = SolverMemory(["estimates", "since_estimate"], element: parameters.element)
    let scalars = UnsafeMutablePointer<OptimizerScalars>.allocate(capacity: 1)
    scalars.initialize(to: OptimizerScalars())
    let statistics = StatisticsBlock(counts: parameters.shapes.map(\.count))
    let settings = UpdateRule {
      $0.beta1 = rule.beta1
      $0.beta2 = rule.beta2
      $0.epsilon = rule.epsilon
      $0.momentum = rule.scale
      $0.weightDecay = rule.weightDecay
      $0.isDecoupled = true
    }
    func calls(_ pass: UpdatePass, _ slots: [(String, ParameterStore)]) -> KernelSequence {
      KernelSequence(
        setting.moving.enumerated().map { place, index in
          let operands = OptimizerOperands(
            parameter: parameters.pointer(index), gradient: setting.gradients.pointer(index),
            slots: Dictionary(uniqueKeysWithValues: slots.map { ($0, $1.pointer(place)) }),
            shape: parameters.shapes[index], element: parameters.element, scalars: scalars,
            statistics: statistics.tiles(of: index))
          return OptimizerKernels.call(pass, operands, slots: slots.map(\.0), settings)
        })
    }
    steps = calls(.sophia, [("exp_avg", momentum), ("hessian", curvature)])
    estimates = calls(
      .sophiaEstimate, [("hessian", curvature), ("direction", direction), ("product", product)])
    self.scalars = scalars
    self.statistics = statistics
  }

  deinit { scalars.deallocate() }

  var memory: [ParameterStore] { [momentum, curvature, numbers.store] }
  func restored() {}

  let series = ["curvature_trace"]
  func value(ofSeries place: Int) -> Double { lastTrace }

  func solve(_ objective: any StepObjective, loss: Double, learningRate: Double) {
    scalars.pointee = OptimizerScalars(learningRate: learningRate, factors: StepFactors())
    if numbers.isDue(Number.since.rawValue, every: rule.estimateEvery) {
      draw()
      objective.measureCurvature()
      lastTrace = vectors.product(direction, product)
      estimates.run(on: team)
    }
    steps.run(on: team)
  }

  /// Fills the direction with signs, which are a function of the seed and how many estimates there were.
  private func draw() {
    let count = numbers[Number.estimates.rawValue]
    numbers[Number.estimates.rawValue] = count + 1
    for index in direction.shapes.indices {
      var source = Philox(seed: seed, purpose: "sophia \(Int(count)) \(direction.names[index])")
        .generator()
      let pointer = direction.pointer(index)
      var bits: UInt64 = 0
      for place in 0..<direction.shapes[index].count {
        if place % 64 == 0 { bits = source.next() }
        let sign = bits & 1 == 0 ? 1.0 : -1
        bits >>= 1
        if direction.element == .float64 {
          pointer.assumingMemoryBound(to: Double.self)[place] = sign
        } else {
          pointer.assumingMemoryBound(to: Float.self)[place] = Float(sign)
        }
      }
    }
  }
}
