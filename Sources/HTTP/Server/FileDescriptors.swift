import Foundation

/// The process's limit of open files, and how many of them may be connections.
///
/// The limit must never be met: libdispatch ends the process when it can't open a file of `/proc`.
enum FileDescriptors {
  /// Of a connection: its socket, and the file that it sends or fills.
  private static let each = 2
  /// Besides connections: the store's, imports, pipes of workers.
  private static let own = 512
  /// With fewer there is nothing to share out.
  private static let least = 128

  /// Raises the limit as far as is needed and allowed.
  ///
  /// - Returns: how many connections may be open at once; half of a small limit is theirs.
  /// - Throws: `ServerError` when it is too small for any.
  static func connections(of wanted: Int) throws(ServerError) -> Int {
    let limit = raiseLimit(to: wanted * each + own)
    guard limit >= least else {
      throw ServerError(
        "\(limit) files may be open at once, and a server needs \(least) at least; raise the limit (ulimit -n)"
      )
    }
    return min(wanted, (limit - min(own, limit / 2)) / each)
  }

  /// - Returns: the limit, `count` at most.
  private static func raiseLimit(to count: Int) -> Int {
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(kind, &limit) == 0 else { return count }
    if limit.rlim_cur < rlim_t(count) {
      limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
      setrlimit(kind, &limit)
    }
    return Int(min(limit.rlim_cur, rlim_t(count)))
  }
}
