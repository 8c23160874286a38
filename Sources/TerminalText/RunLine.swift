import Foundation
import JSON

/// What people read of a run.
public enum RunLine {
  static let heads = ["RUN", "NAME", "STATE", "STEP", "LOSS", "CREATED"]

  /// Runs, one a line.
  public static func table(_ runs: [JSON]) -> Table {
    var table = Table(heads)
    for run in runs { table.add(row(run)) }
    return table
  }

  static func row(_ run: JSON) -> [String] {
    let progress = run["progress"]
    let step = progress?["step"]?.integer ?? 0
    let total = progress?["total_steps"]?.integer.map { "/\($0)" } ?? ""
    let reason = run["state_reason"]?.string.map { " (\($0))" } ?? ""
    let state = run["state"]?.string ?? ""
    return [
      run["id"]?.string ?? "", run["name"]?.string ?? "",
      state + (state == "succeeded" && reason == " (completed)" ? "" : reason), "\(step)\(total)",
      number(run["metrics"]?["train_loss"]),
      run["created_at"]?.string.map { String($0.prefix(19)) } ?? "",
    ]
  }

  /// An event of a run on a line; `nil` for what is left to a progress bar.
  public static func line(_ event: JSON) -> String? {
    let data = event["data"]
    switch event["type"]?.string {
    case "state":
      return
        "\(data?["state"]?.string ?? "")\(data?["state_reason"]?.string.map { " (\($0))" } ?? "")"
    case "epoch":
      let metrics = (data?.object?.members ?? []).filter {
        $0.name != "epoch" && $0.name != "step" && $0.value.double != nil
      }
      .map { "\($0.name) \(number($0.value))" }
      return "epoch \(data?["epoch"]?.integer ?? 0)  \(metrics.joined(separator: "  "))"
    case "finding":
      return "\(data?["severity"]?.string ?? "finding"): \(data?["rule"]?.string ?? "")"
        + "\(data?["layer"]?.string.map { " in \($0)" } ?? ""): \(data?["advice"]?["text"]?.string ?? "")"
    default: return nil
    }
  }

  /// Six significant digits, as few as say the same.
  public static func number(_ value: JSON?) -> String {
    guard let value = value?.double else { return "" }
    return String(format: "%.6g", value)
  }
}
