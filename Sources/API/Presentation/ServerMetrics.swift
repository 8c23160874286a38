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
    text.figure(
      "chainrule_ready", .gauge, "Whether the server takes runs.",
      await service.obstacle() == nil ? 1 : 0)
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
    text.figure(
      "chainrule_runs_being_removed", .gauge, "Deleted runs of which rows are still there.",
      Double(load.beingRemoved))
    text.figure(
      "chainrule_queue_length", .gauge, "Runs that wait for a lane.",
      Double(load.counts[.queued] ?? 0))
    let now = Date().timeIntervalSince1970
    text.figure(
      "chainrule_queue_oldest_seconds", .gauge, "For how long the oldest of them has waited.",
      load.oldestQueuedAt.map { max(0, now - Double($0) / 1000) } ?? 0)
    text.figure(
      "chainrule_lanes", .gauge, "Runs that may train at once.", Double(service.runs.laneCount))
    text.figure(
      "chainrule_lanes_busy", .gauge, "Runs that train.", Double(service.runs.busyWorkers))
    text.figure(
      "chainrule_steps_total", .counter, "Training steps recorded since the server began.",
      Double(service.runs.stepsRecorded))
    text.figure(
      "chainrule_examples_per_second", .gauge, "Speed of the runs that train, together.",
      load.examplesPerSecond)
  }

  private static func writeStore(_ store: Store, _ text: inout PrometheusText) {
    text.family("chainrule_store_bytes", .gauge, "Size of the database's files.")
    for (file, suffix) in [("database", ""), ("wal", "-wal")] {
      let path = store.directory.appending(path: "chainrule.sqlite\(suffix)").path
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      text.sample(Double((size ?? nil) ?? 0), labels: [("file", file)])
    }
    let commits = store.commits
    text.figure(
      "chainrule_store_commits_total", .counter, "Transactions that were written.",
      Double(commits.count))
    text.figure(
      "chainrule_store_commit_seconds_total", .counter, "Time that they took.", commits.seconds)
  }

  private static func writeHousekeeping(
    _ service: Service, _ text: inout PrometheusText
  ) async throws {
    let space = try await service.store.space()
    text.figure(
      "chainrule_store_free_bytes", .gauge, "Pages of the database that hold nothing.",
      Double(space.freeBytes))
    let figures = service.runs.housekeeping.figures
    text.figure(
      "chainrule_store_returned_bytes_total", .counter, "Free pages given back to the disk.",
      Double(figures.bytesReturned))
    text.figure(
      "chainrule_runs_swept_total", .counter, "Deleted runs of which no row is left.",
      Double(figures.swept))
    text.family("chainrule_retention_runs_total", .counter, "Runs that a rule removed.")
    for reason in RetentionRules.Reason.allCases {
      text.sample(Double(figures.removed(for: reason)), labels: [("rule", reason.rawValue)])
    }
    text.figure(
      "chainrule_retention_datasets_total", .counter, "Datasets that a rule removed.",
      Double(figures.datasets))
    text.figure(
      "chainrule_retention_thinned_total", .counter, "Runs whose histories were thinned.",
      Double(figures.thinned))
    text.figure(
      "chainrule_retention_events_total", .counter, "Runs whose events a rule dropped.",
      Double(figures.quieted))
  }

  private static func writeProcess(_ text: inout PrometheusText) {
    text.figure(
      "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.",
      Double(residentBytes()))
    text.family("process_open_fds", .gauge, "Number of open file descriptors.")
    let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    text.sample(Double(open ?? 0))
    text.figure(
      "process_start_time_seconds", .gauge,
      "Start time of the process since unix epoch in seconds.", startTime)
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
