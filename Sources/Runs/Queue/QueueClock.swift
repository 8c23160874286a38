import Dispatch

/// The queue's time: seconds that pass as they do, however the machine's clock is set meanwhile.
///
/// It begins where the machine's clock stood, as seconds since 1970.
enum QueueClock {
  private static let origin = RunService.now() - uptime()

  static func now() -> Double { origin + uptime() }

  /// How far the machine's clock is ahead of this one now; 0 but for when it was set.
  static func lag() -> Double { RunService.now() - now() }

  private static func uptime() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
