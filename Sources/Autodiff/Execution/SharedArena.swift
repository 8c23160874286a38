#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory that several executors use in turn, so that together they hold what the largest needs.
///
/// What one leaves there, its outputs too, lasts until another runs. Not to be used by two threads at once.
public final class SharedArena {
  /// Where the memory begins; it grows and never moves, since kernel calls hold its addresses.
  private let base: UnsafeMutableRawPointer?
  private let reserved: Int
  /// Bytes from the start that may be used.
  public private(set) var byteCount = 0
  private var user: ObjectIdentifier?

  /// Addresses that are tried for, from many to few: they cost nothing until they are used, but may be limited.
  private static let reservations = [1 << 42, 1 << 38, 1 << 34]
  private static let page = 1 << 21

  public init() {
    var (base, reserved): (UnsafeMutableRawPointer?, Int) = (nil, 0)
    for bytes in SharedArena.reservations where base == nil {
      let found = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      if let found, found != MAP_FAILED { (base, reserved) = (found, bytes) }
    }
    self.base = base
    self.reserved = reserved
  }

  deinit { if let base { munmap(base, reserved) } }

  /// At least so many bytes from the start of the arena, which begins at a huge page's boundary.
  ///
  /// - Returns: `nil` where there is no memory, or there are no addresses, for so many.
  func memory(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard let base else { return nil }
    let start = base.alignedUp(toMultipleOf: SharedArena.page)
    if bytes <= byteCount { return start }
    let count = (bytes + SharedArena.page - 1) / SharedArena.page * SharedArena.page
    guard count <= reserved - SharedArena.page,
      mprotect(start + byteCount, count - byteCount, PROT_READ | PROT_WRITE) == 0
    else { return nil }
    byteCount = count
    return start
  }

  /// Makes an executor the one whose contents are there.
  ///
  /// - Returns: whether another's were there before.
  func pass(to executor: Executor) -> Bool {
    let id = ObjectIdentifier(executor)
    defer { user = id }
    return user != id
  }
}
