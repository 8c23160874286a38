import Autodiff
import Kernels
import Tensors

/// An optimizer's step over all parameters, ready to run again and again.
///
/// For most rules one fused pass: it updates a parameter and measures its gradient at once. With
/// a clip a pass goes before that measures the gradients as they came. A step allocates nothing.
///
/// Used by one thread at a time; the work is spread over the team's threads, and the results don't
/// depend on how many those are.
public final class BoundOptimizer {
  public let choice: OptimizerChoice
  public var optimizer: any Optimizer { choice.base }
  public let memory: OptimizerMemory
  /// The L2 norm of all gradients of the last step together, before clipping.
  public private(set) var gradientNorm = 0.0
  /// The rate of the last step in each group.
  public private(set) var groupRates: [Double]

  private let team: ThreadTeam
  private let stage: GradientStage
  private var updates = KernelSequence([])
  private let updated: StatisticsBlock
  private let scalars: UnsafeMutableBufferPointer<OptimizerScalars>
  /// What the parameters of one optimizer and one rate have in common.
  private var families: [Family] = []
  /// Of each parameter, its place in `families`.
  private let family: [Int]
  /// Of each parameter, its group.
  private let groups: [Int?]
  /// Of each group, the first step that moves it.
  private let firstSteps: [Int]
  /// How many groups move in the step that the updates are of; -1 before they are made.
  private var movingGroups = -1
  /// The parameters that the last step moved, or the one under way moves.
  public private(set) var moving: [Int] = []
  // What the kernels point to must live as long as they do.
  private let parameters: ParameterStore
  private let gradients: ParameterStore
  private let workspace: UnsafeMutableRawPointer?
  /// Of each parameter, the bytes that it wants of that.
  private let workspaceBytes: [Int]

  private struct Family {
    let optimizer: any Optimizer
    let rate: Double
    /// The first step that moves it.
    let firstStep: Int
    var memory = StepMemory()
  }

  /// - Parameters:
  ///   - layers: of each parameter; left out, each is a layer of its own.
  ///   - stepsPerEpoch: by which groups count that begin to move later.
  ///   - mayTighten: whether the norm may be bounded later.
  ///   - seed: of noise.
  /// - Precondition: parameters and gradients have the same entries and element type.
  public init(
    _ choice: OptimizerChoice, treatment: GradientTreatment = GradientTreatment(),
    parameters: ParameterStore, gradients: ParameterStore, layers: [String]? = nil,
    stepsPerEpoch: Int = 1, mayTighten: Bool = false, seed: UInt64 = 0, team: ThreadTeam
  ) {
    precondition(parameters.shapes == gradients.shapes, "a gradient for every parameter")
    self.choice = choice
    self.team = team
    self.parameters = parameters
    self.gradients = gradients
    let layers = layers ?? parameters.names
    let groups = choice.assignment(zip(layers, parameters.names).map { ($0, $1) })
    let isFrozen = groups.map { $0.map { choice.groups[$0].isFrozen } ?? false }
    let optimizers = groups.map { $0.map { choice.groups[$0].optimizer } ?? choice.base }
    groupRates = choice.groups.map { _ in 0 }
    let firstSteps = choice.groups.map { $0.firstStep(perEpoch: stepsPerEpoch) }
    self.groups = groups
    self.firstSteps = firstSteps

    scalars = .allocate(capacity: max(parameters.count, 1))
    scalars.initialize(repeating: OptimizerScalars())
    let own = UnsafeMutableBufferPointer(rebasing: scalars[..<parameters.count])
    stage = GradientStage(
      treatment, parameters: parameters, gradients: gradients, layers: layers, isFrozen: isFrozen,
      measures: mayTighten, scalars: own, seed: seed, team: team)
    memory = OptimizerMemory(
      zip(parameters.shapes, optimizers).enumerated().map { index, pair in
        isFrozen[index] ? [] : pair.1.slots(of: pair.0)
      }, of: parameters)

    // Families are told apart by group and rate.
    var families: [Family] = []
    var keys: [(group: Int?, rate: Double)] = []
    family = parameters.shapes.indices.map { index in
      let key = (groups[index], optimizers[index].learningRate(of: parameters.shapes[index]))
      if let place = keys.firstIndex(where: { $0 == key }) { return place }
      keys.append(key)
      families.append(
        Family(
          optimizer: optimizers[index], rate: key.1,
          firstStep: groups[index].map { firstSteps[$0] } ?? 1))
      return keys.count - 1
    }
    self.families = families

    let bytes = zip(parameters.shapes, optimizers).map {
      $1.workspaceBytes(of: $0, element: parameters.element)
    }
    let most = bytes.max() ?? 0
    let workspace =
      most > 0 ? UnsafeMutableRawPointer.allocate(byteCount: most, alignment: 64) : nil
    workspace?.initializeMemory(as: UInt8.self, repeating: 0, count: most)
    self.workspace = workspace

    workspaceBytes = bytes
    updated = StatisticsBlock(counts: parameters.shapes.map(\.count))
    begin(step: 1)
  }

  deinit {
    scalars.deallocate()
    workspace?.deallocate()
  }

  /// Has the groups move whose time has come by a step, and makes its kernels anew where that changes.
  ///
  /// A step does so by itself; this is for who wants to know `moving` before.
  ///
  /// - Returns: whether others move than before.
  @discardableResult
  public func begin(step: Int) -> Bool {
    var count = 0
    // By places: an array's iterator allocates where nothing is specialized.
    for place in firstSteps.indices where firstSteps[place] <= step { count += 1 }
    guard count != movingGroups else { return false }
    movingGroups = count
    let isHeld = groups.map { $0.map { firstSteps[$0] > step } ?? false }
    moving = isHeld.indices.filter { !isHeld[$0] }
    stage.hold(isHeld)
    var calls: [KernelCall] = []
    for index in parameters.shapes.indices {
      let source = isHeld[index] ? gradients : stage.treated
      let operands = OptimizerOperands(
        parameter: parameters.pointer(index), gradient: source.pointer(index),
        slots: memory.pointers(of: index), shape: parameters.shapes[index],
        element: parameters.element, scalars: scalars.baseAddress.unsafelyUnwrapped + index,
        statistics: updated.tiles(of: index),
        workspace: workspaceBytes[index] > 0 ? workspace : nil)
      calls +=
        isHeld[index]
        ? [OptimizerKernels.call(.hold, operands, slots: [], UpdateRule())]
        : families[family[index]].optimizer.update(operands)
    }
    updates = KernelSequence(calls)
    return true
  }

  /// Bounds the norm of all gradients together from the next step on, unless it's bounded closer already.
  ///
  /// - Precondition: made with a treatment of gradients, or so that this may come.
  public func tighten(norm limit: Double) { stage.tighten(norm: limit) }

  /// What the last step's gradients were made smaller by: their norm after clipping over that before, 1 when they were left.
  public var clipFactor: Double { stage.clipFactor }

  /// The layers or parameters that are clipped each for itself, and by what; empty when they aren't.
  public var clippedParts: [String] { stage.partNames }
  public func clipFactor(part: Int) -> Double { stage.partFactors[part] }

  /// Updates the parameters by the gradients.
  ///
  /// - Parameters:
  ///   - step: counted from 1, also after a run was resumed. What an optimizer counts of a group that begins to move later
  ///     begins there.
  ///   - learningRate: the optimizer's times the schedule's factor.
  public func step(_ step: Int, learningRate: Double) {
    begin(step: step)
    setScalars(step: step, learningRate: learningRate)
    stage.run(step: step)
    updates.run(on: team)
    updated.merge()
    stage.conclude(updated)
    gradientNorm = (stage.measured ?? updated).norm
  }

  private func setScalars(step: Int, learningRate: Double) {
    let base = choice.base.learningRate
    for place in families.indices {
      let optimizer = families[place].optimizer
      let own = families[place].rate
      let step = step - families[place].firstStep + 1
      guard step > 0 else {
        for index in family.indices where family[index] == place {
          scalars[index] = OptimizerScalars()
        }
        continue
      }
      let rate = own == base ? learningRate : base == 0 ? 0 : own * (learningRate / base)
      let interval = optimizer.interval
      let common = OptimizerScalars(
        learningRate: rate,
        factors: optimizer.factors(
          step: step, learningRate: rate, memory: &families[place].memory),
        isDue: interval > 0 && step % interval == 0)
      for index in family.indices where family[index] == place { scalars[index] = common }
    }
    for place in choice.groups.indices where firstSteps[place] <= step {
      let own = choice.groups[place].optimizer.learningRate
      groupRates[place] = base == 0 ? 0 : own * (learningRate / base)
    }
  }

  /// What the last step's gradient of a parameter looked like, before clipping.
  public func statistics(of parameter: Int) -> GradientStatistics {
    (stage.measured ?? updated).merged[parameter]
  }

  /// The same after clipping, before noise.
  public func clippedStatistics(of parameter: Int) -> GradientStatistics {
    (stage.bounded ?? updated).merged[parameter]
  }

  /// How large a parameter was before the last step, and how far that moved it: its squares.
  public func movement(of parameter: Int) -> (weightSquares: Double, updateSquares: Double) {
    let statistics = updated.merged[parameter]
    return (statistics.weightSquares, statistics.updateSquares)
  }

  /// Whether every element of every gradient of the last step was finite.
  public var gradientsAreFinite: Bool { (stage.measured ?? updated).isFinite }
}
