import Autodiff
import JSON
import NeuralNetworks

/// What a run makes small beside its loss, and to what it holds its parameters: four members of `training`.
public struct Regularization: Hashable, Sendable {
  public var parameters: [ParameterPenalty] = []
  public var activities: [ActivityPenalty] = []
  public var gradient: GradientPenalty?
  public var constraints: [ParameterConstraint] = []
  /// Which of the lists are lists in the document; one object stands for a list of one.
  private var lists: Set<String> = []

  /// Entries of each list at most.
  public static let mostEntries = 64

  public static let none = Regularization()

  private init() {}

  init(_ training: inout ObjectReader) {
    parameters = entries("regularization", &training) { ParameterPenalty(&$0) }
    activities = entries("activity_regularization", &training) { ActivityPenalty(&$0) }
    gradient = GradientPenalty(&training)
    constraints = entries("constraints", &training) { ParameterConstraint(&$0) }
  }

  /// Whether there is a `train_penalty`.
  public var hasPenalties: Bool { !parameters.isEmpty || hasGraphPenalties }
  /// Whether some penalties are functions of the batch, and so part of the computation.
  var hasGraphPenalties: Bool { !activities.isEmpty || gradient != nil }

  private mutating func entries<Entry>(
    _ name: String, _ training: inout ObjectReader, _ read: (inout ObjectReader) -> Entry
  ) -> [Entry] {
    guard let value = training.value(name) else { return [] }
    let place = training.pointer(to: name)
    guard value.array != nil else {
      var reader = ObjectReader(value, pointer: place)
      let entry = read(&reader)
      training.add(reader.finish())
      return [entry]
    }
    lists.insert(name)
    return (training.array(name, count: 1...Self.mostEntries) ?? []).enumerated().map {
      var reader = ObjectReader($1, pointer: "\(place)/\($0)")
      let entry = read(&reader)
      training.add(reader.finish())
      return entry
    }
  }

  private func pointer(_ training: String, _ name: String, _ position: Int) -> String {
    lists.contains(name) ? "\(training)/\(name)/\(position)" : "\(training)/\(name)"
  }

  /// The strengths of the penalties on each learned parameter, those of several entries added; those that have any.
  ///
  /// - Parameter pointer: where the `training` object is.
  func penalties(
    on model: Model, pointer: String = "/training"
  ) throws(Faults) -> [(index: Int, l1: Double, l2: Double)] {
    try strengths(of: parameters, count: model.learnedParameters.count) {
      penalty, position throws(Faults) in
      let place = self.pointer(pointer, "regularization", position)
      return (try penalty.selection.indices(in: model, pointer: place), penalty.l1, penalty.l2)
    }
  }

  /// The strengths of the penalties on each layer's output; those that have any.
  func activityPenalties(
    on model: Model, pointer: String = "/training"
  ) throws(Faults) -> [(layer: Int, l1: Double, l2: Double)] {
    try strengths(of: activities, count: model.spec.layers.count) {
      penalty, position throws(Faults) in
      let place = self.pointer(pointer, "activity_regularization", position)
      return (try penalty.indices(in: model, pointer: place), penalty.l1, penalty.l2)
    }.map { ($0.index, $0.l1, $0.l2) }
  }

  /// Adds the strengths of entries up, for each of `count` things that they may be for; those that have any.
  ///
  /// - Parameter read: which things an entry is for, and how strong it is.
  private func strengths<Entry>(
    of entries: [Entry], count: Int,
    _ read: (Entry, _ position: Int) throws(Faults) -> (indices: [Int], l1: Double, l2: Double)
  ) throws(Faults) -> [(index: Int, l1: Double, l2: Double)] {
    var faults = Faults()
    var strengths = [(l1: Double, l2: Double)](repeating: (0, 0), count: count)
    for (position, entry) in entries.enumerated() {
      do throws(Faults) {
        let (indices, l1, l2) = try read(entry, position)
        for index in indices {
          strengths[index].l1 += l1
          strengths[index].l2 += l2
        }
      } catch {
        faults.add(error)
      }
    }
    try faults.check()
    return strengths.indices.filter { strengths[$0] != (0, 0) }.map {
      ($0, strengths[$0].l1, strengths[$0].l2)
    }
  }

  /// What each constraint is for; no parameter has its norm set twice.
  func constrained(
    _ model: Model, pointer: String = "/training"
  ) throws(Faults) -> [(kinds: [ParameterConstraint.Kind], index: Int, axes: UnitAxes)] {
    var faults = Faults()
    var found: [(kinds: [ParameterConstraint.Kind], index: Int, axes: UnitAxes)] = []
    var taken: [Int: String] = [:]
    for (position, constraint) in constraints.enumerated() {
      let place = self.pointer(pointer, "constraints", position)
      do throws(Faults) {
        for (index, axes) in try constraint.parameters(in: model, pointer: place) {
          if let other = taken.updateValue(place, forKey: index) {
            faults.add(
              place,
              "\(model.learnedParameters[index].name) is constrained already, at \(other); say all of it "
                + "in one entry, or name other layers")
          }
          found.append((constraint.kinds, index, axes))
        }
      } catch {
        faults.add(error)
      }
    }
    try faults.check()
    return found
  }
}
