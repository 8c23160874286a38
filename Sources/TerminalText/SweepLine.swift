import JSON

/// What people read of a sweep.
public enum SweepLine {
  private static let heads = ["SWEEP", "NAME", "STATE", "OVER", "GOAL", "BEST", "CREATED"]
  private static let endings = ["succeeded", "failed", "cancelled"]

  /// Sweeps, one a line.
  public static func table(_ sweeps: [JSON]) -> Table {
    var table = Table(heads)
    for sweep in sweeps {
      let (over, total) = counts(sweep)
      table.add([
        sweep["id"]?.string ?? "", sweep["name"]?.string ?? "", sweep["state"]?.string ?? "",
        "\(over)/\(total)", sweep["goal"]?["metric"]?.string ?? "",
        RunLine.number(sweep["best"]?["value"]),
        sweep["created_at"]?.string.map { String($0.prefix(19)) } ?? "",
      ])
    }
    return table
  }

  /// How many of a sweep's runs are over, and how many there are.
  public static func counts(_ sweep: JSON) -> (over: Int, total: Int) {
    let counts = sweep["run_counts"]?.object?.members ?? []
    return counts.reduce(into: (0, 0)) { sum, member in
      let count = member.value.integer ?? 0
      if endings.contains(member.name) { sum.0 += count }
      sum.1 += count
    }
  }

  /// A sweep's runs, the best first, with what is different in each.
  public static func comparison(_ runs: [JSON], of sweep: JSON) -> Table {
    let places = (sweep["parameters"]?.object?.members ?? []).map(\.name)
    let isHigherBetter = sweep["goal"]?["direction"] == "maximize"
    let sorted = runs.sorted { one, other in
      guard let left = one["value"]?.double else { return false }
      guard let right = other["value"]?.double else { return true }
      return isHigherBetter ? left > right : left < right
    }
    let goal = sweep["goal"]?["metric"]?.string ?? "value"
    var table = Table([goal.uppercased(), "RUN", "STATE"] + heads(of: places))
    for run in sorted {
      table.add(
        [RunLine.number(run["value"]), run["run"]?.string ?? "", run["state"]?.string ?? ""]
          + places.map { place in
            guard let value = run["parameters"]?[place] else { return "" }
            return value.string ?? value.double.map { RunLine.number(.number($0)) } ?? "\(value)"
          })
    }
    return table
  }

  /// The last word of each pointer, or all of it where two end alike.
  private static func heads(of places: [String]) -> [String] {
    let ends = places.map { String($0.split(separator: "/").last ?? "") }
    return zip(places, ends).map { place, end in
      ends.filter { $0 == end }.count == 1 ? end : place
    }
  }
}
