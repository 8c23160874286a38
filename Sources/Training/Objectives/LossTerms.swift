import JSON
import NeuralNetworks

/// The `loss` of a run: one loss, or several terms and how they are balanced.
///
/// - One: a name, or an object with its type.
/// - Several: a list of terms, or `{ "terms": [...], "balance": … }`.
public struct LossTerms: Sendable {
  public let terms: [LossTerm]
  public let balance: LossBalance
  /// Whether it was written as a list, so that its terms have series of their own.
  public let isList: Bool

  /// Terms of a run at most: each may need a backward pass of its own.
  public static let mostTerms = 16

  public init(_ loss: any Loss) {
    terms = [LossTerm(loss: loss)]
    balance = .fixed
    isList = false
  }

  /// - Throws: every fault in it.
  public init(_ json: JSON, pointer: String) throws(Faults) {
    var reader: ObjectReader?
    var list: JSON?
    var place = pointer
    switch json {
    case .array: list = json
    case .object(let object) where object["terms"] != nil:
      var part = ObjectReader(json, pointer: pointer)
      list = part.value("terms")
      place = part.pointer(to: "terms")
      reader = part
    default: break
    }
    guard let list else {
      terms = [LossTerm(loss: try LossCatalog.decode(json, pointer: pointer))]
      balance = .fixed
      isList = false
      return
    }
    var faults = Faults()
    terms = LossTerms.terms(list, pointer: place, faults: &faults)
    isList = true
    if var part = reader {
      balance = LossBalance(&part)
      faults.add(part.finish())
    } else {
      balance = .fixed
    }
    if balance.isDynamic, terms.contains(where: { $0.weight.schedule != nil }) {
      faults.add(
        place, "a weight with a schedule contradicts the balance, which decides the weights")
    }
    if balance != .fixed, terms.count == 1 {
      faults.add(place, "there is one term; a balance is between two or more")
    }
    try faults.check()
  }

  /// Which of the dataset's targets each of a model's outputs learns; `nil` where there's none.
  public func targetsByOutput(of model: Model, targets: [ExampleTarget]) -> [Int?] {
    var resolver = ObjectiveResolver(model: model, targets: targets, pointer: "")
    let objectives = resolver.objectives(self)
    return model.outputs.indices.map { output in
      guard let objective = objectives.first(where: { $0.output == output }) else { return nil }
      return objective.target.map { name in targets.firstIndex { $0.name == name } } ?? 0
    }
  }

  /// The loss at each of a model's outputs, of several the first; `nil` where there's none.
  public func byOutput(of model: Model) -> [(any Loss)?] {
    model.outputs.map { output in
      terms.first { $0.output == nil || $0.output == output.name }?.loss
    }
  }

  private static func terms(
    _ list: JSON, pointer: String, faults: inout Faults
  ) -> [LossTerm] {
    guard let elements = list.array else {
      faults.add(pointer, "expected a list of terms, found \(list.kind)")
      return []
    }
    guard (1...mostTerms).contains(elements.count) else {
      faults.add(pointer, "has \(elements.count) elements; from 1 to \(mostTerms)")
      return []
    }
    var terms: [LossTerm] = []
    for (index, element) in elements.enumerated() {
      do throws(Faults) {
        let term = try LossTerm(element, pointer: "\(pointer)/\(index)")
        if terms.contains(where: { $0.name == term.name }) {
          faults.add(
            "\(pointer)/\(index)",
            "the name \"\(term.name)\" is already that of another term; give one a \"name\"")
        }
        terms.append(term)
      } catch {
        faults.add(error)
      }
    }
    return terms
  }
}
