import JSON

/// Schedules one after the other.
///
/// The first holds up to the first milestone, and each of the others from its milestone on, as if the run began there and
/// ended at the next.
public struct SequenceSchedule: Schedule {
  public let warmup: Warmup
  public let parts: [any Schedule]
  /// Where each but the first part begins.
  public let milestones: Milestones

  static let mostParts = 16
  private static let schedules = Field(
    "schedules", .described("a list of schedules"), isRequired: true,
    "The parts in order, from 2 to \(mostParts), each as a schedule of its own; no sequence and no reduce_on_plateau."
  )

  public static let documentation = CatalogEntry(
    type: "sequence",
    summary: "Schedules one after the other.",
    formula: "the factor of part n, t counted from milestone n",
    fields: [schedules] + Milestones.fields + Warmup.fields,
    source: "As torch.optim.lr_scheduler.SequentialLR.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    var parts: [any Schedule] = []
    _ = reader.requiredValue(Self.schedules.name)
    let array = reader.array(Self.schedules.name, count: 2...Self.mostParts) ?? []
    for (index, json) in array.enumerated() {
      let place = "\(reader.pointer(to: Self.schedules.name))/\(index)"
      do throws(Faults) {
        let part = try ScheduleCatalog.decode(json, pointer: place, inSequence: true)
        if part.plateau != nil {
          throw Faults([
            Fault(
              pointer: place,
              detail: "reduce_on_plateau goes by evaluations, not by steps; "
                + "it can't be a part of a sequence")
          ])
        }
        parts.append(part)
      } catch {
        reader.add(error)
      }
    }
    milestones = Milestones(&reader)
    let wanted = array.count - 1
    if reader.faults.isEmpty, milestones.counts.count != wanted {
      reader.fault(
        milestones.member.0,
        "has \(milestones.counts.count) milestones for \(array.count) schedules; give \(wanted)")
    }
    self.parts = parts
  }

  public var configuration: [(String, JSON)] {
    [(Self.schedules.name, .array(parts.map(\.json))), milestones.member]
  }

  public func decay(at place: SchedulePlace) -> Double {
    let index = min(milestones.reached(place), parts.count - 1)
    let warm = place.elapsed - place.step
    let span = span(of: index, warm: warm, steps: place.steps, perEpoch: place.stepsPerEpoch)
    return parts[index].factor(
      step: place.step - span.start + 1,
      of: RunLength(steps: span.steps, stepsPerEpoch: place.stepsPerEpoch))
  }

  /// Where a part begins, in steps after the warm-up, and how many it has.
  private func span(
    of index: Int, warm: Int, steps: Int, perEpoch: Int
  ) -> (start: Int, steps: Int) {
    func milestone(_ index: Int) -> Int {
      milestones.steps(index, perEpoch: perEpoch) - (milestones.inEpochs ? warm : 0)
    }
    let start = index == 0 ? 0 : max(milestone(index - 1), 0)
    let end = index == parts.count - 1 ? steps : min(milestone(index), steps)
    return (start, max(end - start, 1))
  }

  public func faults(in length: RunLength) -> Faults {
    var faults = Faults()
    let perEpoch = length.stepsPerEpoch
    let warm = warmup.steps(perEpoch: perEpoch)
    let steps = length.steps - warm
    for (index, part) in parts.enumerated() {
      let span = span(of: index, warm: warm, steps: steps, perEpoch: perEpoch)
      if index > 0, span.start >= steps {
        faults.add(
          "/\(milestones.member.0)/\(index - 1)",
          "is step \(span.start), and the run has \(max(steps, 0))"
            + "\(warm > 0 ? " after its warm-up" : ""): the schedule there never begins")
        continue
      }
      for fault in part.faults(in: RunLength(steps: span.steps, stepsPerEpoch: perEpoch)).all {
        faults.add("/\(Self.schedules.name)/\(index)\(fault.pointer)", fault.detail)
      }
    }
    return faults
  }
}
