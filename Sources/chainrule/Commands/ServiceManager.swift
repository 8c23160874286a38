import Foundation

/// What systemd hands to a service and wants to hear of it (sd_listen_fds(3), sd_notify(3)).
enum ServiceManager {
  /// The first socket that is handed over.
  private static let firstSocket: Int32 = 3

  /// The socket to listen on, if this process was given one; told of once, so that no process of ours takes it again.
  static func socket() -> Int32? {
    let environment = ProcessInfo.processInfo.environment
    defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
    guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid(),
      let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count >= 1
    else { return nil }
    _ = fcntl(firstSocket, F_SETFD, FD_CLOEXEC)
    return firstSocket
  }

  /// Tells how the service stands, such as `READY=1`; whoever doesn't ask hears nothing.
  static func tell(_ state: String) {
    guard let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"], !path.isEmpty else {
      return
    }
    var address = sockaddr_un()
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < room else { return }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { buffer in
      buffer.copyBytes(from: path.utf8)
      // An address of the abstract namespace is written with an at sign.
      if path.hasPrefix("@") { buffer[0] = 0 }
    }
    let descriptor = Foundation.socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = sendto(
          descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL), address, length)
      }
    }
  }
}
