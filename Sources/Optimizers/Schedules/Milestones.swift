import JSON

/// Where a schedule changes: steps, or epochs, in ascending order.
public struct Milestones: Hashable, Sendable {
  public let counts: [Int]
  public let inEpochs: Bool

  static let most = 1_000
  private static let steps = Field(
    "milestones", .described("a list of ascending integers"), isRequired: true,
    "After how many steps each change comes, at least 1.")
  private static let epochs = Field(
    "epoch_milestones", .described("a list of ascending integers"),
    "The same in epochs, in place of `milestones`.")
  static let fields = [steps, epochs]

  /// Reads the one of the two fields that is there, which one must be.
  init(_ reader: inout ObjectReader) {
    let (hasSteps, hasEpochs) = (reader.has(Self.steps.name), reader.has(Self.epochs.name))
    if hasSteps, hasEpochs {
      reader.fault(Self.epochs.name, "contradicts \(Self.steps.name); give one of the two")
    } else if !hasSteps, !hasEpochs {
      reader.fault(Self.steps.name, "is missing; give it, or \(Self.epochs.name)")
    }
    let ofSteps = Self.read(&reader, Self.steps.name, ScheduleSpan.stepCounts)
    let ofEpochs = Self.read(&reader, Self.epochs.name, ScheduleSpan.epochCounts)
    inEpochs = !hasSteps && hasEpochs
    counts = inEpochs ? ofEpochs : ofSteps
  }

  private static func read(
    _ reader: inout ObjectReader, _ name: String, _ range: ClosedRange<Int>
  ) -> [Int] {
    guard let array = reader.array(name, count: 1...most) else { return [] }
    var counts: [Int] = []
    for (index, value) in array.enumerated() {
      let place = "\(reader.pointer(to: name))/\(index)"
      func fault(_ detail: String) { reader.add(Faults([Fault(pointer: place, detail: detail)])) }
      guard let count = value.integer else {
        fault("expected an integer, found \(value.kind)")
        continue
      }
      if !range.contains(count) {
        fault("\(count) is out of range; from \(range.lowerBound) to \(range.upperBound)")
      } else if let last = counts.last, count <= last {
        fault("\(count) doesn't come after \(last); milestones ascend")
      }
      counts.append(count)
    }
    return counts
  }

  var member: (String, JSON) {
    (inEpochs ? Self.epochs.name : Self.steps.name, .array(counts.map { .integer($0) }))
  }

  /// A milestone in steps.
  func steps(_ index: Int, perEpoch: Int) -> Int {
    inEpochs ? ScheduleSpan.epochs(counts[index]).steps(perEpoch: perEpoch) : counts[index]
  }

  /// How many are at or before a place.
  func reached(_ place: SchedulePlace) -> Int {
    let at = inEpochs ? place.elapsed : place.step
    var count = 0
    while count < counts.count, steps(count, perEpoch: place.stepsPerEpoch) <= at { count += 1 }
    return count
  }
}
