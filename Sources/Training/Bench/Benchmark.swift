import Dispatch
import Foundation
import JSON
import NeuralNetworks

/// Measures training steps on made-up data, through the plan, executor and optimizer of a run.
public enum Benchmark {
  /// What one measurement does.
  public struct Options: Sendable {
    public var threads: Int
    public var seconds: Double
    /// Also measures steps that record gradient norms, alternating with steps that don't.
    public var observes: Bool

    public init(threads: Int = 1, seconds: Double = 2, observes: Bool = false) {
      self.threads = threads
      self.seconds = seconds
      self.observes = observes
    }
  }

  /// Reads a workload file and measures it.
  ///
  /// - Returns: one object: `workload`, `threads`, `parameters`, `step_microseconds` with `min` and
  ///   `median`, `samples_per_second`, `planned_bytes`, `peak_rss_bytes`.
  /// - Throws: `Faults` or `TrainingError` when the workload isn't one that can be measured.
  public static func run(workload file: URL, options: Options = Options()) throws -> JSON {
    let json = try JSON(parsing: [UInt8](Foundation.Data(contentsOf: file)))
    return try run(workload: json, options: options)
  }

  public static func run(workload json: JSON, options: Options = Options()) throws -> JSON {
    let session = try warmSession(json, options)
    let end = DispatchTime.now().uptimeNanoseconds + UInt64(options.seconds * 1e9)
    session.measure(records: false)
    let stretch = max(1, min(64, Int(options.seconds * 5e4 / max(median(session.plain), 1))))
    while session.lastTime < end, session.plain.count < Session.mostSamples {
      // In stretches of steps, so that a drift of the machine hits both alike.
      for _ in 0..<stretch { session.measure(records: false) }
      guard options.observes else { continue }
      for _ in 0..<stretch { session.measure(records: true) }
    }
    return report(session, options)
  }

  /// The plan of a workload's step as a table: each kernel, its FLOPs, bytes, and its time, measured.
  ///
  /// - Throws: as `run(workload:options:)`.
  public static func explain(workload file: URL, options: Options = Options()) throws -> String {
    let json = try JSON(parsing: [UInt8](Foundation.Data(contentsOf: file)))
    let session = try warmSession(json, options)
    let began = DispatchTime.now().uptimeNanoseconds
    session.step(records: false)
    let step = Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
    return session.explain(steps: max(1, min(10_000, Int(options.seconds / max(step, 1e-7)))))
  }

  /// An engine for the workload that has taken a few steps.
  private static func warmSession(_ json: JSON, _ options: Options) throws -> Session {
    let workload = try Workload(json, threads: options.threads)
    let examples = workload.examples()
    try TrainingData(training: examples)
      .faults(model: workload.model, configuration: workload.configuration).check()
    let session = try Session(workload, examples: examples)
    for _ in 0..<5 { session.step(records: false) }
    return session
  }

  private static func report(_ session: Session, _ options: Options) -> JSON {
    let median = Self.median(session.plain)
    let workload = session.workload
    var result = JSONObject([
      ("workload", .string(workload.name)), ("threads", .integer(options.threads)),
      ("parameters", .integer(workload.model.parameterCount)),
      (
        "step_microseconds",
        ["min": .number(Double(session.plain.min() ?? 0) / 1e3), "median": .number(median)]
      ),
      ("samples_per_second", .number(Double(workload.batchSize) * 1e6 / median)),
      ("planned_bytes", .integer(session.engine.plannedBytes)),
    ])
    if options.observes, !session.recording.isEmpty {
      let recording = Self.median(session.recording)
      result["recording_step_microseconds"] = ["median": .number(recording)]
      result["recording_ratio"] = .number(recording / median)
    }
    result["peak_rss_bytes"] = .integer(peakResidentBytes())
    return .object(result)
  }

  /// In microseconds.
  private static func median(_ samples: [UInt32]) -> Double {
    guard !samples.isEmpty else { return .nan }
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    let value =
      sorted.count % 2 == 1
      ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
    return value / 1e3
  }

  private static func peakResidentBytes() -> Int {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }

  /// An engine that takes the same batch again and again.
  private final class Session {
    static let mostSamples = 2_000_000

    let workload: Workload
    let engine: TrainingEngine
    private let program: TrainingProgram
    private let assembler: BatchAssembler
    private var block: StepBlock
    private let longestBlock: Int
    private var count = 0
    private(set) var lastTime = DispatchTime.now().uptimeNanoseconds
    private(set) var plain: [UInt32] = []
    private(set) var recording: [UInt32] = []

    init(_ workload: Workload, examples: any ExampleSource) throws {
      self.workload = workload
      let objectives = try TrainingData(training: examples)
        .objectives(model: workload.model, configuration: workload.configuration)
      engine = try TrainingEngine(
        model: workload.model, configuration: workload.configuration, objectives: objectives,
        source: (examples as? GraphExamples)?.graph)
      program = try engine.program(batch: workload.batchSize)
      assembler = try BatchAssembler(
        source: examples, objectives: objectives, model: workload.model,
        largestBatch: workload.batchSize)
      block = StepBlock(parameterCount: workload.model.learnedIndices.count)
      longestBlock = Trainer.longestBlock(parameters: workload.model.learnedIndices.count)
      block.reserve(longestBlock, clips: !workload.configuration.treatment.isNothing)
      plain.reserveCapacity(1 << 16)
      let order = Array(0..<workload.batchSize)
      order.withUnsafeBufferPointer {
        assembler.assemble($0, into: program.slots)
      }
    }

    func step(records: Bool) {
      count += 1
      let loss = engine.pass(program, step: count)
      let rate = engine.learningRate(step: count)
      _ = engine.update(after: program, step: count, learningRate: rate)
      guard records else { return }
      block.measured.append(Int32(truncatingIfNeeded: block.count))
      engine.appendGradients(to: &block)
      block.losses.append(loss)
      if block.count == longestBlock { block.clear() }
    }

    /// Alternates passes and updates, so that each finds the caches as in a run.
    func explain(steps: Int) -> String {
      var updates: UInt64 = 0
      let passes = max(1, steps / 10)
      for _ in 0..<passes {
        let began = DispatchTime.now().uptimeNanoseconds
        count += 1
        _ = engine.update(
          after: program, step: count, learningRate: engine.learningRate(step: count))
        updates += DispatchTime.now().uptimeNanoseconds - began
        _ = engine.pass(program, step: count)
      }
      return program.explain(
        passes: steps, besides: [("optimizer", .nanoseconds(updates / UInt64(passes)))])
    }

    func measure(records: Bool) {
      let began = DispatchTime.now().uptimeNanoseconds
      step(records: records)
      lastTime = DispatchTime.now().uptimeNanoseconds
      let nanoseconds = UInt32(truncatingIfNeeded: lastTime &- began)
      if records { recording.append(nanoseconds) } else { plain.append(nanoseconds) }
    }
  }
}
