import Foundation
import Runs
import Store

/// Figures about the server in Prometheus' text format.
enum ServerMetrics {
  static func text(_ service: Service) async throws -> String {
    let counts = try await service.store.runs.counts()
    var text = """
      # HELP chainrule_runs Runs by state.
      # TYPE chainrule_runs gauge

      """
    for state in RunState.allCases {
      text += "chainrule_runs{state=\"\(state.rawValue)\"} \(counts[state] ?? 0)\n"
    }
    text += """
      # HELP chainrule_ready Whether the server takes runs.
      # TYPE chainrule_ready gauge
      chainrule_ready \(await service.obstacle() == nil ? 1 : 0)
      # HELP process_resident_memory_bytes Resident memory size in bytes.
      # TYPE process_resident_memory_bytes gauge
      process_resident_memory_bytes \(residentBytes())
      # HELP chainrule_build Always 1; the version is a label.
      # TYPE chainrule_build gauge
      chainrule_build{version="\(ServiceVersion.program)"} 1

      """
    return text
  }

  /// The second field of `/proc/self/statm`, in pages.
  private static func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return 0
    }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
