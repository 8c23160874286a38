import Dispatch
import Tensors

/// One launch of a kernel: its tiles may run at once, on any thread.
public class KernelCall {
  public final let name: String
  public final let tiles: Int
  /// Floating-point operations; a multiply-add counts as two.
  public final let flops: Int
  /// Bytes read and written.
  public final let bytes: Int

  init(name: String, tiles: Int, flops: Int, bytes: Int) {
    self.name = name
    self.tiles = tiles
    self.flops = flops
    self.bytes = bytes
  }

  public func run(tile: Int) {}
}

/// A launch over plain arguments.
public final class Kernel<Arguments>: KernelCall {
  private let arguments: Arguments
  private let body: @Sendable (Arguments, Int) -> Void

  /// - Parameter body: must not capture, so that running it neither allocates nor counts references.
  public init(
    _ name: String, tiles: Int = 1, flops: Int = 0, bytes: Int = 0, arguments: Arguments,
    body: @escaping @Sendable (Arguments, Int) -> Void
  ) {
    self.arguments = arguments
    self.body = body
    super.init(name: name, tiles: tiles, flops: flops, bytes: bytes)
  }

  /// The same with a body for each floating-point type.
  convenience init(
    _ name: String, tiles: Int = 1, flops: Int = 0, bytes: Int = 0, arguments: Arguments,
    for element: ElementType, double: @escaping @Sendable (Arguments, Int) -> Void,
    single: @escaping @Sendable (Arguments, Int) -> Void
  ) {
    self.init(
      name, tiles: tiles, flops: flops, bytes: bytes, arguments: arguments,
      body: element == .float64 ? double : single)
  }

  public override func run(tile: Int) { body(arguments, tile) }
}

/// Kernel calls that run one after the other.
public final class KernelSequence {
  public let calls: [KernelCall]
  private let launches: UnsafeMutableBufferPointer<(call: Unmanaged<KernelCall>, tiles: Int)>

  public init(_ calls: [KernelCall]) {
    self.calls = calls
    launches = .allocate(capacity: calls.count)
    for (index, call) in calls.enumerated() {
      launches.initializeElement(at: index, to: (Unmanaged.passUnretained(call), call.tiles))
    }
  }

  deinit { launches.deallocate() }

  /// Runs all calls once, and adds the nanoseconds that each took.
  public func run(on team: ThreadTeam, addingTimesTo nanoseconds: inout [UInt64]) {
    for (index, (call, tiles)) in launches.enumerated() {
      let began = DispatchTime.now().uptimeNanoseconds
      launch(call, tiles, team)
      nanoseconds[index] += DispatchTime.now().uptimeNanoseconds - began
    }
  }

  public func run(on team: ThreadTeam) {
    for (call, tiles) in launches { launch(call, tiles, team) }
  }

  @inline(__always)
  private func launch(_ call: Unmanaged<KernelCall>, _ tiles: Int, _ team: ThreadTeam) {
    if tiles == 1 || team.threads == 1 {
      for tile in 0..<tiles { call._withUnsafeGuaranteedRef { $0.run(tile: tile) } }
    } else {
      team.run(call, tiles: tiles)
    }
  }
}
