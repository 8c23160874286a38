import Autodiff
import Kernels
import Tensors

/// Measures a step's gradients and treats them, before the optimizer's kernels read them.
///
/// Where nothing is clipped, centralised or noisy there is nothing to run here: the optimizer's pass measures what it reads. A bound
/// on norms takes one pass that measures; what changes elements beyond a factor writes them to memory of its own, and
/// leaves the gradients as they are.
final class GradientStage {
  let treatment: GradientTreatment
  /// Where the optimizer's kernels find the gradients.
  let treated: ParameterStore
  /// The factor of each part that is clipped for itself: a layer or a parameter.
  private(set) var partFactors: [Double]
  let partNames: [String]
  /// The norm of all gradients together, however the treatment clips; infinite for no bound.
  private(set) var limit = Double.infinity
  /// The norm of all after clipping over that before; 1 where nothing was clipped.
  private(set) var clipFactor = 1.0
  /// The gradients as they came; `nil` when nobody measures them before the optimizer does.
  let measured: StatisticsBlock?
  /// The same with rows centralised and clipped.
  private let prepared: StatisticsBlock?
  /// The same clipped, before noise is added.
  let bounded: StatisticsBlock?

  private let team: ThreadTeam
  private let scalars: UnsafeMutableBufferPointer<OptimizerScalars>
  private let measurements: KernelSequence
  private let preparations: KernelSequence
  private let additions: KernelSequence
  /// Of each parameter, the part it is clipped with.
  private let parts: [Int]
  private var partSquares: [Double]
  /// Which parameters don't move now, and count for nothing in norms.
  private var isHeld: [Bool]
  private let random: UnsafeMutablePointer<Int32>
  private let deviation: UnsafeMutablePointer<Double>

  /// - Parameters:
  ///   - layers: of each parameter.
  ///   - isFrozen: which parameters never move.
  ///   - measures: whether a bound on the norm may come later.
  ///   - scalars: of each parameter; their scale and limit are set here.
  ///   - seed: of the noise.
  init(
    _ treatment: GradientTreatment, parameters: ParameterStore, gradients: ParameterStore,
    layers: [String], isFrozen: [Bool], measures: Bool,
    scalars: UnsafeMutableBufferPointer<OptimizerScalars>, seed: UInt64, team: ThreadTeam
  ) {
    self.treatment = treatment
    self.scalars = scalars
    isHeld = isFrozen
    self.team = team
    let counts = parameters.shapes.map(\.count)
    let names = parameters.names
    (parts, partNames) = Self.parts(treatment.clip, names: names, layers: layers)
    partFactors = Array(repeating: 1, count: partNames.count)
    partSquares = Array(repeating: 0, count: partNames.count)
    random = .allocate(capacity: 4)
    random.initialize(repeating: 0, count: 4)
    random[0] = Int32(truncatingIfNeeded: seed)
    random[1] = Int32(truncatingIfNeeded: seed >> 32)
    deviation = .allocate(capacity: 1)
    deviation.initialize(to: 0)
    let treated =
      treatment.copies
      ? ParameterStore(zip(names, parameters.shapes).map { ($0, $1) }, element: parameters.element)
      : gradients
    self.treated = treated

    let measured = measures || !treatment.isNothing ? StatisticsBlock(counts: counts) : nil
    var (adaptive, floor, except) = (0.0, 1.0, [NamePattern]())
    if case .adaptive(let limit, let least, let patterns) = treatment.clip {
      (adaptive, floor, except) = (limit, least, patterns)
    }
    let hasRows = treatment.centralizes || adaptive > 0
    let prepared = hasRows ? StatisticsBlock(counts: counts) : nil
    let bounded = treatment.noise == nil ? nil : StatisticsBlock(counts: counts)
    self.measured = measured
    self.prepared = prepared
    self.bounded = bounded

    var measurements: [KernelCall] = []
    var preparations: [KernelCall] = []
    var additions: [KernelCall] = []
    for index in counts.indices {
      func operands(_ store: ParameterStore, _ statistics: StatisticsBlock) -> OptimizerOperands {
        OptimizerOperands(
          parameter: parameters.pointer(index), gradient: store.pointer(index),
          slots: ["treated": treated.pointer(index)], shape: parameters.shapes[index],
          element: parameters.element, scalars: scalars.baseAddress.unsafelyUnwrapped + index,
          statistics: statistics.tiles(of: index))
      }
      if let measured {
        measurements.append(OptimizerKernels.statistics(operands(gradients, measured)))
      }
      if let prepared {
        let isLeft = except.contains { $0.matches(layers[index]) || $0.matches(names[index]) }
        preparations.append(
          OptimizerKernels.rows(
            operands(gradients, prepared), target: treated.pointer(index),
            centralizes: treatment.centralizes, clipping: isLeft ? 0 : adaptive, floor: floor))
      }
      if let bounded {
        additions.append(
          OptimizerKernels.call(
            .bounded, operands(hasRows ? treated : gradients, bounded), slots: ["treated"],
            UpdateRule()))
        if !isFrozen[index] {
          additions.append(
            OptimizerKernels.noise(
              treated.pointer(index), count: counts[index], parameters.element, random: random,
              deviation: deviation,
              stream: Philox(seed: 0, purpose: "gradient noise \(names[index])").key))
        }
      }
    }
    self.measurements = KernelSequence(measurements)
    self.preparations = KernelSequence(preparations)
    self.additions = KernelSequence(additions)
  }

  deinit {
    random.deallocate()
    deviation.deallocate()
  }

  private static func parts(
    _ clip: Clip?, names: [String], layers: [String]
  ) -> (parts: [Int], names: [String]) {
    guard case .norm(_, let scope)? = clip, scope != .all else {
      return (names.map { _ in 0 }, [])
    }
    var found: [String] = []
    let parts = (scope == .layer ? layers : names).map { name in
      if let place = found.firstIndex(of: name) { return place }
      found.append(name)
      return found.count - 1
    }
    return (parts, found)
  }

  /// Says which parameters don't move from now on.
  func hold(_ isHeld: [Bool]) { self.isHeld = isHeld }

  /// Bounds the norm of all gradients together from the next step on, unless it's bounded closer already.
  ///
  /// - Precondition: made to measure.
  func tighten(norm limit: Double) {
    precondition(measured != nil, "nothing measures the gradients")
    self.limit = min(self.limit, limit)
  }

  /// Whether a step's gradients may differ from what the backward pass left.
  var changes: Bool { measured != nil }

  /// What the last step's gradients were before the optimizer: those of its own pass when nothing was done to them.
  private var source: StatisticsBlock? { prepared ?? measured }

  /// Measures and treats a step's gradients, and sets the scalars by which the optimizer's kernels scale them.
  func run(step: Int) {
    guard let measured else { return }
    measurements.run(on: team)
    measured.merge()
    if let prepared {
      preparations.run(on: team)
      prepared.merge()
    }
    setScales()
    guard let bounded, let noise = treatment.noise else { return }
    random[2] = Int32(truncatingIfNeeded: step)
    random[3] = Int32(truncatingIfNeeded: step >> 32)
    deviation.pointee = noise.deviation(step: step)
    additions.run(on: team)
    bounded.merge()
    for index in scalars.indices {
      scalars[index].gradient_scale = 1
      scalars[index].value_limit = .infinity
    }
  }

  private func setScales() {
    guard let source else { return }
    var bound = limit
    if case .norm(let limit, .all)? = treatment.clip { bound = min(bound, limit) }
    if case .value(let limit)? = treatment.clip {
      for index in scalars.indices { scalars[index].value_limit = limit }
    }
    var squares = 0.0
    if case .norm(let limit, let scope)? = treatment.clip, scope != .all {
      for part in partSquares.indices { partSquares[part] = 0 }
      for index in parts.indices where !isHeld[index] {
        partSquares[parts[index]] += source.merged[index].sumOfSquares
      }
      for part in partSquares.indices {
        let factor = min(1, limit / (partSquares[part].squareRoot() + 1e-6))
        partFactors[part] = factor
        squares += partSquares[part] * factor * factor
      }
      for index in parts.indices { scalars[index].gradient_scale = partFactors[parts[index]] }
    } else {
      for index in isHeld.indices where !isHeld[index] {
        squares += source.merged[index].sumOfSquares
      }
    }
    guard bound < .infinity else { return }
    let factor = min(1, bound / (squares.squareRoot() + 1e-6))
    for index in scalars.indices { scalars[index].gradient_scale *= factor }
  }

  /// Finds by what clipping has made the norm smaller.
  ///
  /// - Parameter updated: what the optimizer's pass measured.
  func conclude(_ updated: StatisticsBlock) {
    guard let measured else { return }
    // A factor that is known exactly isn't found from sums.
    if partNames.isEmpty, bounded == nil, treatment.clip?.isFactor ?? true {
      clipFactor = scalars.isEmpty ? 1 : scalars[0].gradient_scale
      return
    }
    // Units are centralised and clipped at once, so that what came before is known of both alone.
    var isAdaptive = false
    if case .adaptive? = treatment.clip { isAdaptive = true }
    let before = norm(isAdaptive ? measured : prepared ?? measured)
    let after = norm(bounded ?? updated)
    clipFactor = before > 0 ? after / before : 1
  }

  private func norm(_ block: StatisticsBlock) -> Double {
    var squares = 0.0
    for index in isHeld.indices where !isHeld[index] {
      squares += block.merged[index].sumOfSquares
    }
    return squares.squareRoot()
  }
}

extension Clip {
  /// Whether it multiplies all gradients by one number.
  fileprivate var isFactor: Bool {
    if case .norm(_, .all) = self { true } else { false }
  }
}
