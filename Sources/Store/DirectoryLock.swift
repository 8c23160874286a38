import Foundation

/// The right to use a data folder, held by one process at a time and given back when it ends.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  init(_ file: URL) throws(StoreError) {
    let path = file.path(percentEncoded: false)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(.unavailable, "can't open \(path): \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let fault = errno
      close(descriptor)
      throw fault == EWOULDBLOCK
        ? StoreError(
          .locked,
          "another server uses \(file.deletingLastPathComponent().path(percentEncoded: false)); "
            + "stop it, or give this one a --data folder of its own")
        : StoreError(.unavailable, "can't lock \(path): \(String(cString: strerror(fault)))")
    }
  }

  deinit { close(descriptor) }
}
