import CVectorMath

/// A team of threads that runs the tiles of one kernel after the other.
///
/// With one thread nothing is synchronised. Workers spin for some microseconds for the next kernel, then
/// sleep. One caller at a time.
public final class ThreadTeam: @unchecked Sendable {
  public let threads: Int
  private let team: OpaquePointer?

  public init(threads: Int) {
    self.threads = max(1, threads)
    team = threads > 1 ? vm_team_create(Int32(clamping: threads)) : nil
  }

  deinit { vm_team_destroy(team) }

  /// Runs `body` for each tile, on any thread and in any order, and returns when all are done.
  public func run(tiles: Int, _ body: (Int) -> Void) {
    guard team != nil, tiles > 1 else {
      for tile in 0..<tiles { body(tile) }
      return
    }
    withoutActuallyEscaping(body) { escaping in
      var box = escaping
      withUnsafeMutablePointer(to: &box) { pointer in
        vm_team_run(
          team, Int64(tiles),
          { context, tile in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(tile))
          }, pointer)
      }
    }
  }

  /// Runs a kernel's tiles, without allocating.
  func run(_ call: Unmanaged<KernelCall>, tiles: Int) {
    vm_team_run(
      team, Int64(tiles),
      { context, tile in
        guard let context else { return }
        Unmanaged<KernelCall>.fromOpaque(context)._withUnsafeGuaranteedRef {
          $0.run(tile: Int(tile))
        }
      }, call.toOpaque())
  }
}
