import Expressions
import JSON

/// Reads `expression`, `constants` and `parameters` of an object, and finds all that is wrong with them.
enum ExpressionReader {
  static let expression = Field(
    "expression", .described("an expression"), isRequired: true,
    "What is computed of each element, such as \"x * tanh(softplus(x))\"; docs/expressions.md has the language."
  )
  static let constants = Field(
    "constants", .described("an object of numbers"),
    "Numbers by name, which the expression may contain.")
  static let parameters = Field(
    "parameters", .described("an object of numbers, or of objects with initial and per_channel"),
    "What is learned, by name, and the number it begins with; with per_channel each channel has its own."
  )

  /// What was read.
  struct Reading {
    let expression: ElementExpression
    let parameters: [LearnedNumber]
    let behaviour: ExpressionBehaviour
  }

  /// - Parameters:
  ///   - variables: the names that stand for tensors; the expression must contain the first.
  ///   - learns: whether there may be parameters.
  /// - Returns: `nil` after a fault, which is recorded in the reader.
  static func read(
    _ reader: inout ObjectReader, variables: [String], learns: Bool
  ) -> Reading? {
    let before = reader.faults.all.count
    let constants = constants(&reader, variables)
    let learned = learns ? parameters(&reader, variables, besides: constants.map(\.name)) : []
    guard reader.requiredValue(expression.name) != nil, let source = reader.string(expression.name)
    else { return nil }
    let parsed: ElementExpression
    do throws(ExpressionError) {
      parsed = try ElementExpression(parsing: source, constants: constants)
    } catch {
      reader.fault(expression.name, error.description)
      return nil
    }
    // What is wrong with a constant isn't reported once more where it is used.
    let given =
      variables + names(reader, Self.constants.name)
      + (learns ? names(reader, Self.parameters.name) : [])
    let known = given + ExpressionChecker.numbers.keys.sorted()
    for error in ExpressionChecker(names: known).errors(in: parsed.root) {
      reader.fault(expression.name, error.description)
    }
    checkUse(parsed, variables, constants.map(\.name), learned.map(\.name), &reader)
    guard reader.faults.all.count == before else { return nil }
    let behaviour = ExpressionBehaviour(
      of: parsed, variables: variables, parameters: learned.map { ($0.name, $0.initial) })
    if let fault = behaviour.fault { reader.fault(expression.name, fault) }
    for name in behaviour.idleParameters where behaviour.fault == nil {
      fault(
        &reader, parameters.name, name,
        "the derivative with respect to it is 0, so that it can't be learned")
    }
    guard reader.faults.all.count == before else { return nil }
    return Reading(expression: parsed, parameters: learned, behaviour: behaviour)
  }

  private static func names(_ reader: ObjectReader, _ member: String) -> [String] {
    reader.object[member]?.object?.names ?? []
  }

  private static func fault(
    _ reader: inout ObjectReader, _ member: String, _ name: String, _ detail: String
  ) {
    reader.add(
      Faults([
        Fault(
          pointer: "\(reader.pointer(to: member))/\(escapedPointerToken(String(name.prefix(80))))",
          detail: detail)
      ]))
  }

  private static func checkUse(
    _ expression: ElementExpression, _ variables: [String], _ constants: [String],
    _ learned: [String], _ reader: inout ObjectReader
  ) {
    let used = expression.names
    if !used.contains(variables[0]) {
      reader.fault(
        Self.expression.name,
        "the expression doesn't contain \(variables[0]), so that nothing can be learned through it")
    }
    for (member, names) in [(Self.constants.name, constants), (Self.parameters.name, learned)] {
      for name in names where !used.contains(name) {
        fault(&reader, member, name, "the expression doesn't contain \(name)")
      }
    }
  }

  // MARK: - Names and numbers

  private static func constants(
    _ reader: inout ObjectReader, _ variables: [String]
  ) -> [ElementExpression.NamedNumber] {
    var found: [ElementExpression.NamedNumber] = []
    let limit = ExpressionLimits.constants
    for (name, value) in members(&reader, constants.name, limit: limit, variables, besides: []) {
      guard let number = number(value, &reader, constants.name, name) else { continue }
      found.append(ElementExpression.NamedNumber(name: name, value: number))
    }
    return found
  }

  private static func parameters(
    _ reader: inout ObjectReader, _ variables: [String], besides constants: [String]
  ) -> [LearnedNumber] {
    var found: [LearnedNumber] = []
    let member = parameters.name
    let limit = ExpressionLimits.parameters
    for (name, value) in members(&reader, member, limit: limit, variables, besides: constants) {
      if case .object = value {
        let place = "\(reader.pointer(to: member))/\(escapedPointerToken(name))"
        var inner = ObjectReader(value, pointer: place)
        let initial = inner.double(LearnedNumber.initial)
        let isPerChannel = inner.bool(LearnedNumber.perChannel)
        let faults = inner.finish()
        reader.add(faults)
        guard faults.isEmpty else { continue }
        found.append(LearnedNumber(name: name, initial: initial, isPerChannel: isPerChannel))
      } else if let number = number(value, &reader, member, name) {
        found.append(LearnedNumber(name: name, initial: number, isPerChannel: false))
      }
    }
    return found
  }

  private static func number(
    _ value: JSON, _ reader: inout ObjectReader, _ member: String, _ name: String
  ) -> Double? {
    guard let number = value.double else {
      fault(&reader, member, name, "expected a number, found \(value.kind)")
      return nil
    }
    guard abs(number) <= ExpressionLimits.number else {
      let limit = ExpressionLimits.number
      fault(&reader, member, name, "\(number) is out of range; from \(-limit) to \(limit)")
      return nil
    }
    return number
  }

  /// The members of an object whose names an expression can contain.
  private static func members(
    _ reader: inout ObjectReader, _ member: String, limit: Int, _ variables: [String],
    besides others: [String]
  ) -> [(name: String, value: JSON)] {
    guard let value = reader.value(member) else { return [] }
    guard let object = value.object else {
      reader.fault(member, "expected an object, found \(value.kind)")
      return []
    }
    guard object.names.count <= limit else {
      reader.fault(member, "has \(object.names.count) members; at most \(limit)")
      return []
    }
    return object.members.filter { name, _ in
      guard let objection = objection(to: name, variables, others) else { return true }
      fault(&reader, member, name, objection)
      return false
    }
  }

  private static func objection(
    to name: String, _ variables: [String], _ others: [String]
  ) -> String? {
    let isName =
      name.first.map(ExpressionLexer.isLetter) ?? false
      && name.allSatisfy { ExpressionLexer.isLetter($0) || $0.isASCII && $0.isNumber }
    if !isName || name.utf8.count > ExpressionLimits.name {
      return
        "a name is a letter and up to \(ExpressionLimits.name - 1) more letters, digits and underscores"
    }
    if variables.contains(name) { return "\(name) is the name of a variable" }
    if ExpressionChecker.numbers[name] != nil { return "\(name) is a constant of the language" }
    if ExpressionFunctionCatalog.byName[name] != nil { return "\(name) is the name of a function" }
    if others.contains(name) { return "\(name) is the name of a constant too" }
    return nil
  }
}

extension JSON {
  /// An object that has an expression and no type, with the type said.
  var withExpressionType: JSON {
    guard case .object(var object) = self, object["type"] == nil,
      object[ExpressionReader.expression.name] != nil
    else { return self }
    object["type"] = "expression"
    return .object(object)
  }
}
