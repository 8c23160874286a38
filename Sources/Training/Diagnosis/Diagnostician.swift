import JSON

/// Remembers what a run does, and has the rules look at it from time to time.
final class Diagnostician {
  private(set) var evidence: Evidence
  private let rules: [any Rule.Type]
  /// By key, in the order in which they were first seen.
  private(set) var findings: [Finding] = []

  init(facts: RunFacts, rules: [any Rule.Type] = RuleCatalog.all) {
    evidence = Evidence(facts: facts)
    self.rules = rules
  }

  func take(_ change: (inout Evidence) -> Void) { change(&evidence) }

  /// Looks at the evidence with every rule.
  ///
  /// - Returns: the findings that are new, go on or hold no more since the look before.
  func look() -> [Finding] {
    let seen = rules.flatMap { $0.look(at: evidence) }
    var changed: [Finding] = []
    for finding in seen {
      guard let index = findings.firstIndex(where: { $0.key == finding.key }) else {
        findings.append(finding)
        changed.append(finding)
        continue
      }
      var merged = finding
      merged.fromStep = min(findings[index].fromStep, finding.fromStep)
      if merged != findings[index] {
        findings[index] = merged
        changed.append(merged)
      }
    }
    let keys = Set(seen.map(\.key))
    for index in findings.indices
    where !findings[index].isResolved && !keys.contains(findings[index].key) {
      findings[index].isResolved = true
      changed.append(findings[index])
    }
    return changed
  }

  /// A look, as observers hear of it.
  func record() -> DiagnosisRecord {
    DiagnosisRecord(
      step: evidence.step, findings: look(), vanishingIndex: evidence.gradientSlope)
  }

  // MARK: - State

  var json: JSON {
    ["evidence": evidence.json, "findings": .array(findings.map(\.json))]
  }

  func restore(_ json: JSON) {
    if let stored = json["evidence"] { evidence.restore(stored) }
    findings = (json["findings"]?.array ?? []).compactMap(Finding.init)
  }
}
