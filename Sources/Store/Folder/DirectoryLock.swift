import Foundation

/// The right to something in a data folder, held by one process at a time and given back when it ends.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  /// - Parameter taken: what is thrown while another holds it.
  init(_ file: URL, taken: @autoclosure () -> StoreError) throws(StoreError) {
    let path = file.path(percentEncoded: false)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(.unavailable, "can't open \(path): \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let fault = errno
      close(descriptor)
      throw fault == EWOULDBLOCK
        ? taken()
        : StoreError(.unavailable, "can't lock \(path): \(String(cString: strerror(fault)))")
    }
    // Last: once it is set, `deinit` closes it.
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}

extension DataFolder {
  /// The right to write the folder's store.
  ///
  /// - Throws: `StoreError.locked` while a server has it.
  func take() throws(StoreError) -> DirectoryLock {
    try DirectoryLock(
      lock,
      taken: StoreError(
        .locked,
        "another server uses \(path); stop it, or give this one a --data folder of its own"))
  }

  /// The right to make a backup of the folder.
  ///
  /// - Throws: `StoreError.conflict` while another has it.
  func takeForBackup() throws(StoreError) -> DirectoryLock {
    try DirectoryLock(
      backupLock,
      taken: StoreError(
        .conflict, "a backup of this data folder is being made; ask again when it is done"))
  }
}
