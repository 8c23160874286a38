import HTTP
import JSON
import Runs
import Training

/// What goes wrong in a run, and why.
enum DiagnosisEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/diagnosis", operationID: "getDiagnosis",
      tag: .observations, summary: "What the rules of the diagnosis saw in a run",
      description: """
        Rules look at a run while it trains and at its end; a finding says which, how bad it is, where and since when, \
        the figures that show it with the thresholds they passed, and what to change. A finding that holds no more is \
        `resolved`. `checked` lists all rules. New findings are also events of the run.
        """,
      query: [rule, severity],
      answers: [
        Answer(
          status: 200, summary: "The findings, oldest first.",
          content: [(MediaType.json, .reference("Diagnosis")), (MediaType.text, .string)])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let (rule, severity) = try call.query.read { reader in
        (
          reader.string(Self.rule.name, in: RunService.ruleNames),
          reader.string(Self.severity.name, in: Finding.Severity.allCases.map(\.rawValue))
        )
      }
      let type = try call.negotiate([MediaType.json, MediaType.text])
      let diagnosis = try await service.runs.diagnosis(run, rule: rule, severity: severity)
      if type == MediaType.json { return .json(diagnosis) }
      return .text(text(diagnosis), mediaType: "text/plain; charset=utf-8")
    }
  ]

  private static let rule = Field("rule", .described("a rule's name"), "Findings of one rule.")
  private static let severity = Field(
    "severity", .choice(Finding.Severity.allCases.map(\.rawValue)), "Findings of one severity.")

  /// For a terminal.
  private static func text(_ diagnosis: JSON) -> String {
    let findings = diagnosis["findings"]?.array ?? []
    guard !findings.isEmpty else {
      return "Nothing found up to step \(diagnosis["step"]?.integer ?? 0).\n"
    }
    return findings.map { finding in
      let severity = (finding["severity"]?.string ?? "").uppercased()
      let steps =
        "steps \(finding["from_step"]?.integer ?? 0) to \(finding["to_step"]?.integer ?? 0)"
      let resolved = finding["resolved"]?.bool == true ? ", resolved" : ""
      let place = finding["layer"]?.string.map { " in \($0)" } ?? ""
      let field = finding["advice"]?["field"]?.string.map { " (\($0))" } ?? ""
      return """
        \(severity) \(finding["rule"]?.string ?? "")\(place), \(steps)\(resolved)
          \(finding["explanation"]?.string ?? "")
          \(finding["advice"]?["text"]?.string ?? "")\(field)

        """
    }.joined(separator: "\n")
  }
}
