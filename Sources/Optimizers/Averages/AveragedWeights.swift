import Autodiff
import Kernels
import Tensors

/// A copy of parameters that follows them as an average, and can take their place.
public final class AveragedWeights {
  /// The average; while it stands in, the parameters' own numbers.
  public let store: ParameterStore
  /// Whether the parameters' memory holds the average now.
  public private(set) var standsIn = false

  private let parameters: ParameterStore
  private let averaged: [Int]
  private let team: ThreadTeam
  private let following: KernelSequence
  private let exchange: KernelSequence
  private let scalars: UnsafeMutablePointer<OptimizerScalars>
  private let statistics: StatisticsBlock

  /// - Parameter averaged: the parameters that are; the others are copied when the average stands in.
  public init(_ parameters: ParameterStore, averaged: [Int], team: ThreadTeam) {
    self.parameters = parameters
    self.averaged = averaged
    self.team = team
    let store = ParameterStore(
      zip(parameters.names, parameters.shapes).map { ($0, $1) }, element: parameters.element)
    store.copy(from: parameters)
    let scalars = UnsafeMutablePointer<OptimizerScalars>.allocate(capacity: 1)
    scalars.initialize(to: OptimizerScalars())
    let statistics = StatisticsBlock(counts: parameters.shapes.map(\.count))
    func call(_ pass: UpdatePass, _ index: Int) -> KernelCall {
      let operands = OptimizerOperands(
        parameter: parameters.pointer(index),
        gradient: UnsafeRawPointer(parameters.pointer(index)),
        slots: ["average": store.pointer(index)], shape: parameters.shapes[index],
        element: parameters.element, scalars: scalars, statistics: statistics.tiles(of: index))
      return OptimizerKernels.call(pass, operands, slots: ["average"], UpdateRule())
    }
    following = KernelSequence(averaged.map { call(.average, $0) })
    exchange = KernelSequence(parameters.shapes.indices.map { call(.exchange, $0) })
    self.store = store
    self.scalars = scalars
    self.statistics = statistics
  }

  deinit { scalars.deallocate() }

  /// Takes the parameters into the average.
  ///
  /// - Parameter share: how far it goes to them; 1 makes it equal to them, whatever it was.
  public func follow(share: Double) {
    if share >= 1 {
      for index in averaged {
        store.bytes(index).copyMemory(from: UnsafeRawBufferPointer(parameters.bytes(index)))
      }
    } else {
      scalars.pointee.factors.0 = share
      following.run(on: team)
    }
  }

  /// Makes the average what the parameters' memory holds.
  public func takeParameters() { store.copy(from: parameters) }

  /// Puts the average in the parameters' place.
  public func standIn() {
    guard !standsIn else { return }
    let others = Set(parameters.names.indices).subtracting(averaged)
    for index in others {
      store.bytes(index).copyMemory(from: UnsafeRawBufferPointer(parameters.bytes(index)))
    }
    exchange.run(on: team)
    standsIn = true
  }

  /// Puts the parameters back as they were.
  public func standBack() {
    guard standsIn else { return }
    exchange.run(on: team)
    standsIn = false
  }
}
