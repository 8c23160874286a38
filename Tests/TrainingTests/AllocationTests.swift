import Foundation
import JSON
import Synchronization
import Testing

@testable import Training

@Suite(.serialized) struct AllocationTests {
  @Test("a step makes no object and no array", arguments: [1, 2])
  func stepsAllocateNothing(threads: Int) throws {
    let configuration = try Spiral.configuration(
      JSONObject([
        ("threads", .integer(threads)), ("clip", ["norm": 1]), ("batch_size", 8),
        ("schedule", ["type": "cosine", "warmup_steps": 4]),
      ]))
    let trainer = try Trainer(
      model: Spiral.model(dropout: 0.5),
      data: TrainingData(training: Spiral.examples(800)), configuration: configuration,
      observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 0))
    let observer = RecordingObserver()
    trainer.begin()
    // Handing a block on is the observer's own affair.
    trainer.lastFlush = .infinity
    for _ in 0..<3 { _ = try trainer.takeStep(observer) }
    let count = try Allocations.count {
      for _ in 0..<20 { _ = try trainer.takeStep(observer) }
    }
    #expect(count == 0)
    // The counter counts: an array of its own is one.
    #expect(try Allocations.count { observer.logs.append(contentsOf: makeLogs()) } > 0)
  }

  @inline(never)
  private func makeLogs() -> [LogRecord] {
    (0..<3).map { LogRecord(level: .info, message: "a line \($0)", step: $0) }
  }
}

/// Counts what this thread allocates, through the pointer by which Swift's runtime lets itself be watched.
enum Allocations {
  private typealias Allocate =
    @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?

  private static let counter = Atomic<Int>(0)
  private static let watched = Atomic<UInt>(0)
  /// Set before the runtime is told of `watch`, and never again.
  nonisolated(unsafe) private static var original: Allocate?

  /// - Precondition: one caller at a time.
  static func count(_ body: () throws -> Void) throws -> Int {
    let symbol = try #require(dlsym(UnsafeMutableRawPointer(bitPattern: 0), "_swift_allocObject"))
    let place = symbol.assumingMemoryBound(to: Allocate.self)
    let before = place.pointee
    original = before
    counter.store(0, ordering: .relaxed)
    watched.store(UInt(pthread_self()), ordering: .relaxed)
    place.pointee = { metadata, size, alignment in
      if UInt(pthread_self()) == Allocations.watched.load(ordering: .relaxed) {
        Allocations.counter.add(1, ordering: .relaxed)
      }
      return Allocations.original?(metadata, size, alignment)
    }
    defer { place.pointee = before }
    try body()
    return counter.load(ordering: .relaxed)
  }
}
