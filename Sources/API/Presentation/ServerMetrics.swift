import Foundation
import Runs
import Store

/// Figures about the server in Prometheus' text format.
enum ServerMetrics {
  static func text(_ service: Service) async throws -> String {
    var text = PrometheusText()
    try await writeRuns(service, &text)
    service.requests.write(to: &text)
    writeStore(service.store, &text)
    try await writeHousekeeping(service, &text)
    writeProcess(&text)
    text.family("chainrule_ready", .gauge, "Whether the server takes runs.")
    text.sample(await service.obstacle() == nil ? 1 : 0)
    text.family("chainrule_build", .gauge, "Always 1; the version is a label.")
    text.sample(1, labels: [("version", ServiceVersion.program)])
    return text.text
  }

  private static func writeRuns(_ service: Service, _ text: inout PrometheusText) async throws {
    let load = try await service.store.runs.load()
    text.family("chainrule_runs", .gauge, "Runs by state.")
    for state in RunState.allCases {
      text.sample(Double(load.counts[state] ?? 0), labels: [("state", state.rawValue)])
    }
    text.family(
      "chainrule_runs_being_removed", .gauge, "Deleted runs of which rows are still there.")
    text.sample(Double(load.beingRemoved))
    text.family("chainrule_queue_length", .gauge, "Runs that wait for a lane.")
    text.sample(Double(load.counts[.queued] ?? 0))
    text.family(
      "chainrule_queue_oldest_seconds", .gauge, "For how long the oldest of them has waited.")
    let now = Date().timeIntervalSince1970
    text.sample(load.oldestQueuedAt.map { max(0, now - Double($0) / 1000) } ?? 0)
    text.family("chainrule_lanes", .gauge, "Runs that may train at once.")
    text.sample(Double(service.runs.laneCount))
    text.family("chainrule_lanes_busy", .gauge, "Runs that train.")
    text.sample(Double(service.runs.busyWorkers))
    text.family(
      "chainrule_steps_total", .counter, "Training steps recorded since the server began.")
    text.sample(Double(service.runs.stepsRecorded))
    text.family("chainrule_examples_per_second", .gauge, "Speed of the runs that train, together.")
    text.sample(load.examplesPerSecond)
  }

  private static func writeStore(_ store: Store, _ text: inout PrometheusText) {
    text.family("chainrule_store_bytes", .gauge, "Size of the database's files.")
    for (file, suffix) in [("database", ""), ("wal", "-wal")] {
      let path = store.directory.appending(path: "chainrule.sqlite\(suffix)").path
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      text.sample(Double((size ?? nil) ?? 0), labels: [("file", file)])
    }
    let commits = store.commits
    text.family("chainrule_store_commits_total", .counter, "Transactions that were written.")
    text.sample(Double(commits.count))
    text.family("chainrule_store_commit_seconds_total", .counter, "Time that they took.")
    text.sample(commits.seconds)
  }

  private static func writeHousekeeping(
    _ service: Service, _ text: inout PrometheusText
  ) async throws {
    let space = try await service.store.space()
    text.family(
      "chainrule_store_free_bytes", .gauge, "Pages of the database that hold nothing.")
    text.sample(Double(space.freeBytes))
    let figures = service.runs.housekeeping.figures
    text.family(
      "chainrule_store_returned_bytes_total", .counter, "Free pages given back to the disk.")
    text.sample(Double(figures.bytesReturned))
    text.family(
      "chainrule_runs_swept_total", .counter, "Deleted runs of which no row is left.")
    text.sample(Double(figures.swept))
    text.family("chainrule_retention_runs_total", .counter, "Runs that a rule removed.")
    for reason in RetentionRules.Reason.allCases {
      text.sample(Double(figures.removed(for: reason)), labels: [("rule", reason.rawValue)])
    }
    text.family("chainrule_retention_datasets_total", .counter, "Datasets that a rule removed.")
    text.sample(Double(figures.datasets))
    text.family(
      "chainrule_retention_thinned_total", .counter, "Runs whose histories were thinned.")
    text.sample(Double(figures.thinned))
    text.family(
      "chainrule_retention_events_total", .counter, "Runs whose events a rule dropped.")
    text.sample(Double(figures.quieted))
  }

  private static func writeProcess(_ text: inout PrometheusText) {
    text.family("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
    text.sample(Double(residentBytes()))
    text.family("process_open_fds", .gauge, "Number of open file descriptors.")
    let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    text.sample(Double(open ?? 0))
    text.family(
      "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds."
    )
    text.sample(startTime)
  }

  /// When the metrics were first asked for is late; the program reads this as it starts.
  static let startTime = Date().timeIntervalSince1970

  /// The second field of `/proc/self/statm`, in pages.
  private static func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return 0
    }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
