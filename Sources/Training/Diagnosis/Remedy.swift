import JSON

/// What a run does by itself when a rule finds something.
public enum Remedy: String, Hashable, Sendable, CaseIterable {
  /// Ends the run and keeps its weights.
  case stop
  case pause
  /// Bounds the norm of the gradients at twice that of the first hundred steps.
  case clip
  case halveRate = "halve_rate"
  /// Goes back to the weights and the optimizer's memory of the last healthy look, and on with the next batches at half
  /// the rate.
  case rollback

  /// Reads an object of rules and remedies; `lower_rate` is another name of `halve_rate`.
  static func decoded(_ reader: inout ObjectReader, _ name: String) -> [String: Remedy] {
    guard let part = reader.reader(name) else { return [:] }
    reader.add(part.faults)
    let rules = RuleCatalog.all.map { $0.name }
    let known = allCases.map(\.rawValue)
    var remedies: [String: Remedy] = [:]
    var faults = Faults()
    for (rule, value) in part.object.members {
      let pointer = part.pointer(to: rule)
      if !rules.contains(rule) {
        faults.add(
          pointer,
          "\"\(rule.prefix(80))\" is no rule\(nearest(rule, among: rules)); one of: "
            + rules.joined(separator: ", "))
        continue
      }
      let text = value.string == "lower_rate" ? halveRate.rawValue : value.string
      guard let text, let remedy = Remedy(rawValue: text) else {
        faults.add(
          pointer, "expected what to do, one of: \(known.joined(separator: ", ")); found \(value)")
        continue
      }
      if rule == NonFiniteOrigin.name, remedy != .rollback {
        faults.add(pointer, "numbers that aren't finite leave nothing but rollback to go on with")
        continue
      }
      remedies[rule] = remedy
    }
    reader.add(faults)
    return remedies
  }
}

/// What remedies have done to a run so far; part of its state.
public struct RemedyState: Hashable, Sendable {
  /// By what the learning rate is multiplied.
  public var rateFactor = 1.0
  /// The bound on the norm that a remedy set.
  public var clipLimit: Double?
  /// How often something was done, and when last.
  public var count = 0
  public var lastStep = 0
  /// The gradient norm before the last remedy, until what came after has been told.
  public var normBefore: Double?
  /// The step that a rollback goes back to.
  public var snapshotStep: Int?

  init() {}

  var json: JSON {
    [
      "rate_factor": .number(rateFactor), "clip_limit": clipLimit.map(JSON.number) ?? .null,
      "count": .integer(count), "last_step": .integer(lastStep),
      "norm_before": normBefore.map(JSON.number) ?? .null,
      "snapshot_step": snapshotStep.map(JSON.integer) ?? .null,
    ]
  }

  init(_ json: JSON?) {
    rateFactor = json?["rate_factor"]?.double ?? 1
    clipLimit = json?["clip_limit"]?.double
    count = json?["count"]?.integer ?? 0
    lastStep = json?["last_step"]?.integer ?? 0
    normBefore = json?["norm_before"]?.double
    snapshotStep = json?["snapshot_step"]?.integer
  }
}
