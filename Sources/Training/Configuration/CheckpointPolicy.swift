import JSON

/// When a run keeps its state: the `checkpoint` object.
public struct CheckpointPolicy: Hashable, Sendable {
  /// A checkpoint of its own after every so many steps.
  public let everySteps: Int?
  /// How many of those stay.
  public let keep: Int
  /// Seconds of training that are lost at most when the server dies; 0 for no such bound.
  public let everySeconds: Double

  /// A checkpoint is no sooner taken than after this many times what the one before took of the training thread.
  static let costShare = 100.0

  init(_ reader: inout ObjectReader) {
    guard var part = reader.reader("checkpoint") else {
      (everySteps, keep, everySeconds) = (nil, 3, 30)
      return
    }
    everySteps = part.integer("every_steps", in: 1...1_000_000_000)
    let keep = part.integer("keep", in: 1...1000)
    if keep != nil, !part.has("every_steps") {
      part.fault("every_steps", "is missing; without it there is nothing to keep")
    }
    everySeconds = part.double("every_seconds", in: 0...86_400) ?? 30
    self.keep = keep ?? 3
    reader.add(part.finish())
  }

  /// The seconds of training that may pass after a checkpoint that took the training thread so long; `nil` for any number.
  func interval(cost: Double) -> Double? {
    everySeconds > 0 ? max(everySeconds, Self.costShare * cost) : nil
  }
}
