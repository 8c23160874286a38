import JSON

/// What a client waits for: `over`, `state=succeeded`, `step>=1000`, `train_loss<0.1`, `gradient_norm(hidden.weight)<1e-6`,
/// joined by ` and `.
struct WaitCondition: Equatable, Sendable {
  enum Comparison: String, CaseIterable, Sendable {
    // The longer ones first, so that they are found first.
    case atLeast = ">="
    case atMost = "<="
    case above = ">"
    case below = "<"
    case equal = "="

    func holds(_ value: Double, _ bound: Double) -> Bool {
      switch self {
      case .atLeast: value >= bound
      case .atMost: value <= bound
      case .above: value > bound
      case .below: value < bound
      case .equal: value == bound
      }
    }
  }

  enum Term: Equatable, Sendable {
    case over
    case state(String)
    /// A series' newest value, or `step`.
    case series(String, Comparison, Double)
    /// A parameter's newest gradient norm.
    case norm(String, Comparison, Double)
  }

  static let mostTerms = 8
  static let grammar =
    "terms joined by \" and \", each one of: over, state=STATE, SERIES op NUMBER (step is one), "
    + "gradient_norm(PARAMETER) op NUMBER; op is <, <=, >, >= or ="

  let text: String
  let terms: [Term]

  /// - Throws: `Faults` with the place in the text, counted from 1.
  init(_ text: String) throws(Faults) {
    self.text = text
    var terms: [Term] = []
    var place = 1
    let parts = text.split(separator: " and ", omittingEmptySubsequences: false)
    for part in parts {
      terms.append(try Self.term(String(part), at: place))
      place += part.count + 5
    }
    if terms.count > Self.mostTerms {
      throw Self.fault("has \(terms.count) terms; at most \(Self.mostTerms)")
    }
    self.terms = terms
  }

  private static func term(_ text: String, at place: Int) throws(Faults) -> Term {
    let trimmed = String(text[...].trimmingSpaces())
    if trimmed == "over" { return .over }
    guard let comparison = Comparison.allCases.first(where: { trimmed.contains($0.rawValue) }),
      let range = trimmed.firstRange(of: comparison.rawValue)
    else {
      throw fault("at \(place): \"\(trimmed.prefix(60))\" compares nothing; \(grammar)")
    }
    let name = String(trimmed[..<range.lowerBound].trimmingSpaces())
    let bound = String(trimmed[range.upperBound...].trimmingSpaces())
    if name == "state" {
      guard comparison == .equal, RunSchemas.states.contains(bound) else {
        throw fault(
          "at \(place): state is compared by = with one of: \(RunSchemas.states.joined(separator: ", "))"
        )
      }
      return .state(bound)
    }
    guard let number = Double(bound), number.isFinite else {
      throw fault("at \(place): \"\(bound.prefix(60))\" is no number; \(grammar)")
    }
    if name.hasPrefix("gradient_norm("), name.hasSuffix(")") {
      return .norm(String(name.dropFirst(14).dropLast()), comparison, number)
    }
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "._-".contains($0) })
    else { throw fault("at \(place): \"\(name.prefix(60))\" is no series; \(grammar)") }
    return .series(name, comparison, number)
  }

  private static func fault(_ detail: String) -> Faults {
    Faults([Fault(pointer: "/until", detail: detail)])
  }
}
