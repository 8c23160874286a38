import JSON
import Store
import Training

/// Sweeps: many runs of one request, queued together.
extension RunService {
  /// Sweeps of a project.
  public static let mostSweeps = 1_000

  /// Checks every run of a sweep and queues them all, or none.
  ///
  /// - Throws: `Faults` with everything that is wrong with the request, and of its runs the faults of the first that has any;
  ///   `RunError.queueFull`.
  public func sweep(_ body: JSON) async throws -> SweepRecord {
    try checkTakesRuns(0)
    let request = try SweepRequest(body)
    try checkTakesRuns(request.count)
    return try await sweeps.run {
      let id = SweepID.make()
      var runs: [(run: NewRun, parameters: String)] = []
      var goal: (series: String, direction: SweepRecord.Direction)?
      for index in 0..<request.count {
        let variant = request.variant(index)
        let new: NewRun
        do {
          let document = variant.request.tagged("sweep", id.rawValue)
          let run = try RunRequest(document)
          if goal == nil { goal = try Self.goal(of: request, run) }
          new = try await self.new(run, document)
        } catch let faults as Faults {
          throw Self.faults(faults, of: variant.parameters)
        }
        runs.append((new, "\(variant.parameters)"))
      }
      guard let goal else { throw RunError(.invalidRequest, "the sweep has no run") }
      let record = SweepRecord(
        id: id, name: request.name, request: "\(body)", goal: goal.series,
        direction: goal.direction)
      let queued = try await self.store.sweeps.insert(
        record, runs, limit: Self.mostSweeps, events: { $0.stateEvents },
        committed: self.hub.publish)
      for run in queued { self.queueMoved(run) }
      self.wakeLanes()
      return record
    }
  }

  /// The series by which runs are compared, and which way it gets better.
  private static func goal(
    of request: SweepRequest, _ run: RunRequest
  ) throws(Faults) -> (String, SweepRecord.Direction) {
    let measured = run.training.measuredSeries(
      hasValidationDataset: run.datasets.validates)
    let series =
      request.goal ?? measured.first { $0.name == "validation_loss" }?.name ?? "train_loss"
    guard let known = measured.first(where: { $0.name == series }) else {
      let names = measured.map(\.name)
      throw Faults([
        Fault(
          pointer: "/goal/metric",
          detail:
            "\"\(series.prefix(80))\" isn't measured\(nearest(series, among: names)); one of: \(names.joined(separator: ", "))"
        )
      ])
    }
    return (series, request.direction ?? (known.isBetterBelow ? .minimize : .maximize))
  }

  /// Faults of a run's request as faults of the sweep's.
  private static func faults(_ faults: Faults, of parameters: JSON) -> Faults {
    Faults(
      faults.all.map { fault in
        if fault.pointer.hasPrefix("/goal") { return fault }
        return Fault(
          pointer: "/run" + fault.pointer, detail: "\(fault.detail) (with \(parameters))")
      })
  }

  /// - Throws: `LibraryError.notFound`.
  public func sweep(_ id: SweepID) async throws -> SweepRecord {
    guard let sweep = try await store.sweeps.get(id) else {
      throw LibraryError(.notFound, "there is no sweep \"\(id)\"")
    }
    return sweep
  }

  /// Ends every run of a sweep that isn't over.
  public func cancelSweep(_ sweep: SweepRecord) async throws {
    for one in try await store.sweeps.runs(of: sweep, limit: SweepRequest.mostRuns)
    where !one.state.isOver {
      do {
        _ = try await cancel(one.run)
      } catch let error as RunError where error.code == .illegalTransition {
        // It ended meanwhile.
      } catch let error as RunError where error.code == .notFound {
        // It was deleted meanwhile.
      }
    }
  }

  /// Forgets a sweep all of whose runs are over; they stay.
  ///
  /// - Throws: `StoreError.conflict` while one isn't.
  public func deleteSweep(_ sweep: SweepRecord) async throws {
    guard try await store.sweeps.progress(of: sweep).isOver else {
      throw StoreError(.conflict, "runs of sweep \(sweep.id) aren't over; cancel it first")
    }
    try await store.sweeps.delete(sweep.id)
  }
}

extension JSON {
  /// A run's request with one more tag.
  fileprivate func tagged(_ name: String, _ value: String) -> JSON {
    guard case .object(var object) = self else { return self }
    guard case .object(var tags) = object["tags"] ?? .object(JSONObject()) else { return self }
    tags[name] = .string(value)
    object["tags"] = .object(tags)
    return .object(object)
  }
}
