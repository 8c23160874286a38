import Autodiff
import Kernels
import Tensors

/// The climb of sharpness-aware minimisation, and the way back to the same bits.
///
/// `e = ρ g / (‖g‖ + 1e-12)` over all parameters that move; adaptive `e = ρ w² g / (‖|w| g‖ + 1e-12)`.
public final class SharpnessAscent {
  private let ascent: Ascent
  private let team: ThreadTeam
  private var norms = KernelSequence([])
  private var climbs = KernelSequence([])
  private var returns = KernelSequence([])
  private var moving: [Int] = []
  private let parameters: ParameterStore
  /// The parameters at the foot of the climb.
  private let foot: ParameterStore
  private let gradients: ParameterStore
  private let statistics: StatisticsBlock
  private let scalars: UnsafeMutablePointer<OptimizerScalars>
  /// The sums of each parameter's tiles.
  private let sums: UnsafeMutableRawPointer
  private let tiles: [Int]

  public init(
    _ ascent: Ascent, parameters: ParameterStore, gradients: ParameterStore, team: ThreadTeam
  ) {
    self.ascent = ascent
    self.team = team
    self.parameters = parameters
    self.gradients = gradients
    let foot = ParameterStore(
      zip(parameters.names, parameters.shapes).map { ($0, $1) }, element: parameters.element)
    let statistics = StatisticsBlock(counts: parameters.shapes.map(\.count))
    let scalars = UnsafeMutablePointer<OptimizerScalars>.allocate(capacity: 1)
    scalars.initialize(to: OptimizerScalars())
    let bytes = OptimizerKernels.sumBytes
    let sums = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, parameters.count) * bytes, alignment: 64)
    sums.initializeMemory(as: UInt8.self, repeating: 0, count: max(1, parameters.count) * bytes)
    tiles = parameters.shapes.map { OptimizerKernels.tiling(count: $0.count).tiles }
    self.foot = foot
    self.statistics = statistics
    self.scalars = scalars
    self.sums = sums
  }

  deinit {
    scalars.deallocate()
    sums.deallocate()
  }

  /// Says which parameters take part from now on; none do before.
  public func take(_ moving: [Int]) {
    let bytes = OptimizerKernels.sumBytes
    let rule = UpdateRule { $0.momentum = ascent.isAdaptive ? 1 : 0 }
    func call(_ pass: UpdatePass, _ index: Int, slots: [String]) -> KernelCall {
      let operands = OptimizerOperands(
        parameter: parameters.pointer(index), gradient: gradients.pointer(index),
        slots: ["foot": foot.pointer(index)], shape: parameters.shapes[index],
        element: parameters.element, scalars: scalars, statistics: statistics.tiles(of: index),
        workspace: sums + index * bytes)
      return OptimizerKernels.call(pass, operands, slots: slots, rule)
    }
    self.moving = moving
    norms = KernelSequence(moving.map { call(.samNorms, $0, slots: []) })
    climbs = KernelSequence(moving.map { call(.samClimb, $0, slots: ["foot"]) })
    returns = KernelSequence(moving.map { call(.exchange, $0, slots: ["foot"]) })
  }

  /// Moves the parameters up the gradient.
  public func climb() {
    norms.run(on: team)
    var squares = 0.0
    // By places: an array's iterator allocates where nothing is specialized.
    for place in moving.indices {
      let index = moving[place]
      let own = sums + index * OptimizerKernels.sumBytes
      for tile in 0..<tiles[index] {
        squares += own.load(fromByteOffset: 16 * tile, as: Double.self)
      }
    }
    scalars.pointee.factors.0 = ascent.radius / (squares.squareRoot() + 1e-12)
    climbs.run(on: team)
  }

  /// Puts the parameters back where they were.
  public func comeBack() {
    returns.run(on: team)
  }
}
