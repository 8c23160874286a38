import Foundation

/// A Unix-domain socket that a server makes and listens on.
enum ListeningSocket {
  /// Of the file: whoever may read and write it may call; the folder's owner decides who else.
  private static let mode: mode_t = 0o660
  private static let backlog: Int32 = 1024

  /// - Throws: `ServerError` for a path that is too long or taken, or where nothing may be made.
  static func make(at path: String) throws(ServerError) -> Int32 {
    var address = sockaddr_un()
    let room = MemoryLayout.size(ofValue: address.sun_path) - 1
    guard (1...room).contains(path.utf8.count) else {
      throw ServerError("--socket: a path has from 1 to \(room) bytes; this one \(path.utf8.count)")
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    try removeStale(path, &address)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw fault("make a socket") }
    guard call(bind, descriptor, &address) == 0 else {
      let error = fault("listen on \(path)")
      close(descriptor)
      throw error
    }
    guard chmod(path, mode) == 0, listen(descriptor, backlog) == 0 else {
      let error = fault("listen on \(path)")
      close(descriptor)
      unlink(path)
      throw error
    }
    return descriptor
  }

  /// Removes a socket that a server left behind; one that somebody listens on is taken.
  private static func removeStale(
    _ path: String, _ address: inout sockaddr_un
  ) throws(ServerError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ServerError("can't listen on \(path): there is a file of that name")
    }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw fault("make a socket") }
    defer { close(probe) }
    if call(connect, probe, &address) == 0 {
      throw ServerError("can't listen on \(path): another server does")
    }
    if errno == ECONNREFUSED { unlink(path) }
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32,
    _ address: inout sockaddr_un
  ) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func fault(_ what: String) -> ServerError {
    ServerError("can't \(what): \(String(cString: strerror(errno)))")
  }
}
