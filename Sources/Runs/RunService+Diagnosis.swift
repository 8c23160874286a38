import JSON
import Store
import Training

extension RunService {
  /// Findings of an answer at most.
  private static let mostFindings = 1_000

  /// What the rules saw in a run, as things stand.
  public func diagnosis(_ run: RunRecord, rule: String?, severity: String?) async throws -> JSON {
    let stored = try await store.findings.list(
      run.id, rule: rule, severity: severity, limit: Self.mostFindings)
    return .object([
      "findings": .array(try stored.map { try JSON(parsing: $0.data) }),
      "vanishing_index": run.progress.vanishingIndex.map { .number($0) } ?? .null,
      "step": .integer(run.progress.step),
      "checked": .array(
        request(of: run)["observe"]?["diagnosis"] == false ? [] : Self.rules),
    ])
  }

  /// Every rule with its thresholds.
  public static var rules: [JSON] {
    RuleCatalog.all.map { $0.json } + [
      .object([
        "rule": .string(similarRunsRule),
        "summary": "A run on the same data came to the same loss, to the last bit.",
        "thresholds": .object(JSONObject()),
      ]),
      .object([
        "rule": .string(stalledRule), "summary": .string(Watchdog.summary),
        "thresholds": .object(["usual_steps": .number(Watchdog.usualSteps)]),
      ]),
    ]
  }

  public static var ruleNames: [String] {
    RuleCatalog.all.map { $0.name } + [similarRunsRule, stalledRule]
  }
}
