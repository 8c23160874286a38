import JSON
import NeuralNetworks

/// Finds the outputs and targets that the terms of a loss mean.
struct ObjectiveResolver {
  let model: Model
  let targets: [ExampleTarget]
  /// Where the document has the loss.
  let pointer: String
  private(set) var faults = Faults()

  init(model: Model, targets: [ExampleTarget], pointer: String) {
    self.model = model
    self.targets = targets
    self.pointer = pointer
  }

  /// The objectives; with faults recorded they aren't all there.
  mutating func objectives(_ losses: LossTerms) -> [Objective] {
    var objectives: [Objective] = []
    for (index, term) in losses.terms.enumerated() {
      let place = losses.isList ? "\(pointer)/\(index)" : pointer
      guard let output = output(of: term, losses, place),
        let target = target(of: term, output: output, place)
      else { continue }
      do throws(Faults) {
        try term.loss.check(model.outputs[output], target: target.target, pointer: place)
        objectives.append(
          try Objective(
            name: losses.isList ? term.name : model.outputs[output].name, loss: term.loss,
            weight: term.weight, output: output, of: model, target: target,
            isOnly: targets.count == 1))
      } catch let error {
        faults.add(error)
      }
    }
    return objectives
  }

  private mutating func output(
    of term: LossTerm, _ losses: LossTerms, _ place: String
  ) -> Int? {
    let names = model.outputs.map(\.name)
    guard let name = term.output else {
      if names.count == 1 { return 0 }
      let list = names.joined(separator: ", ")
      faults.add(
        place,
        losses.isList
          ? "names no output, and the model has \(list); add \"output\""
          : "the model has the outputs \(list); give a list with a term for each that is to be learned"
      )
      return nil
    }
    guard let index = names.firstIndex(of: name) else {
      faults.add(
        place + "/output",
        "the model has no output \"\(name.prefix(80))\"\(nearest(name, among: names)); "
          + "it has \(names.joined(separator: ", "))")
      return nil
    }
    return index
  }

  private mutating func target(
    of term: LossTerm, output: Int, _ place: String
  ) -> ExampleTarget? {
    let names = targets.map(\.name)
    let list = names.joined(separator: ", ")
    guard let name = term.target else {
      if targets.count == 1 { return targets[0] }
      if let found = targets.first(where: { $0.name == model.outputs[output].name }) {
        return found
      }
      faults.add(place, "names no target, and the dataset has \(list); add \"target\"")
      return nil
    }
    if let found = targets.first(where: { $0.name == name }) { return found }
    if targets.count == 1, names[0] == ExampleTarget.onlyName { return targets[0] }
    faults.add(
      place + "/target",
      "the dataset has no target \"\(name.prefix(80))\"\(nearest(name, among: names)); it has \(list)"
    )
    return nil
  }
}
