import Store

/// Carries the rules of retention out.
extension Housekeeping {
  private static let runsAtOnce = 200
  private static let datasetsAtOnce = 1_000
  /// Days for which calls of webhooks that have ended are listed.
  private static let deliveryDays = 30

  /// Removes, drops and thins what is too old or too much.
  ///
  /// - Parameter now: milliseconds since 1970.
  func pass(at now: Int) async throws {
    try await removeAged(at: now)
    try await removeUnusedDatasets(at: now)
    try await dropEvents(at: now)
    try await dropAudit(at: now)
    try await dropUploads(at: now)
    try await dropDeliveries(at: now)
    try await thin(endedBefore: RetentionRules.limit(rules.thinAfterDays, at: now))
    try await sweep()
    try await shrink()
  }

  private func removeAged(at now: Int) async throws {
    guard let limit = rules.ageLimit(at: now) else { return }
    try await eachPage(endedBefore: limit) { page in
      let due = page.compactMap { run in rules.reason(toRemove: run, at: now).map { (run, $0) } }
      guard !due.isEmpty else { return }
      let removed = try await paced { Set(try await store.runs.remove(due.map(\.0.id))) }
      for (run, reason) in due where removed.contains(run.id) {
        let days = (now - run.finishedAt) / 86_400_000
        told(run.id, reason, "\(run.state.rawValue) \(days) days ago")
      }
    }
  }

  private func told(_ run: RunID, _ reason: RetentionRules.Reason, _ why: String) {
    figures.countRemoved(for: reason)
    log("run \(run) is removed by the rule on \(reason.rawValue): \(why)")
  }

  private func eachPage(
    endedBefore limit: Int, _ body: ([EndedRun]) async throws -> Void
  ) async throws {
    var last: EndedRun?
    while true {
      let page = try await store.runs.ended(before: limit, after: last, limit: Self.runsAtOnce)
      try await body(page)
      guard page.count == Self.runsAtOnce else { return }
      last = page.last
    }
  }

  private func removeUnusedDatasets(at now: Int) async throws {
    guard let limit = RetentionRules.limit(rules.keepDatasetsDays, at: now) else { return }
    for id in try await store.datasets.unused(since: limit, limit: Self.datasetsAtOnce) {
      do {
        try await paced { try await datasets.delete(id) }
        figures.datasetCount.add(1, ordering: .relaxed)
        log(
          "dataset \(id) is removed: no run has used it for \(rules.keepDatasetsDays) days")
      } catch let error as StoreError where [.conflict, .notFound].contains(error.code) {
        // It was used or deleted meanwhile.
      }
    }
  }

  private func dropEvents(at now: Int) async throws {
    guard let limit = RetentionRules.limit(rules.keepEventsDays, at: now) else { return }
    var count = 0
    while true {
      let slice = try await paced { try await store.events.dropSlice(endedBefore: limit) }
      figures.quietedCount.add(slice.runs, ordering: .relaxed)
      count += slice.runs
      if slice.isDone { break }
    }
    if count > 0 { log("dropped the events of \(count) runs") }
  }

  private func dropDeliveries(at now: Int) async throws {
    let limit = now - Self.deliveryDays * 86_400_000
    while try await !paced({ try await store.deliveries.dropSlice(endedBefore: limit) }) {}
  }

  private func dropAudit(at now: Int) async throws {
    guard let limit = RetentionRules.limit(rules.keepAuditDays, at: now) else { return }
    while try await !paced({ try await store.audit.dropSlice(before: limit) }) {}
  }

  /// When an upload that comes piece by piece is deleted unless something comes before, in milliseconds since 1970; `nil` for
  /// never.
  public func expiry(of upload: UploadRecord) -> Int? {
    rules.keepUploadsDays > 0 ? upload.touchedAt + rules.keepUploadsDays * 86_400_000 : nil
  }

  private func dropUploads(at now: Int) async throws {
    guard let limit = RetentionRules.limit(rules.keepUploadsDays, at: now) else { return }
    let ids = try await store.uploads.untouched(since: limit, limit: Self.datasetsAtOnce)
    for id in ids where try await paced({ try await datasets.uploads.expire(id) }) {
      log("upload \(id) is removed: nothing came for \(rules.keepUploadsDays) days")
    }
  }

  /// - Parameter limit: `nil` for those alone that were begun.
  private func thin(endedBefore limit: Int?) async throws {
    var count = 0
    while true {
      let slice = try await paced { try await store.history.thinSlice(endedBefore: limit) }
      figures.thinnedCount.add(slice.runs, ordering: .relaxed)
      count += slice.runs
      if slice.isDone { break }
    }
    if count > 0 { log("thinned the histories of \(count) runs") }
  }

  /// Thins and removes until the store holds no more than it may.
  private func shrink() async throws {
    guard rules.isExceeded(by: try await store.space()) else { return }
    var runs: [EndedRun] = []
    try await eachPage(endedBefore: .max) { runs += $0 }
    for shrinking in RetentionRules.shrinkings(of: runs) {
      switch shrinking {
      case .thin(let run):
        try await store.history.beginThinning(run)
        try await thin(endedBefore: nil)
      case .remove(let run):
        guard try await store.runs.remove([run]) == [run] else { continue }
        told(run, .size, "the store holds more than \(rules.maxStoreBytes ?? 0) bytes")
        try await sweep()
      }
      if !rules.isExceeded(by: try await store.space()) { return }
    }
    log(
      "the store holds more than \(rules.maxStoreBytes ?? 0) bytes, and nothing of it may be removed"
    )
  }
}
