/// Tells a wrong derivative from a place within whose step the loss has no derivative, or no second one.
enum Kink {
  /// Whether a kink is why the numeric derivative isn't the analytic one.
  ///
  /// Where f is smooth, half the step halves the jump between the one-sided differences, and quarters what
  /// the central difference changes by. A slope that changes by J at a distance d adds `J max(0, 1 - d/h)`
  /// to the jump and half of that to the central difference, so that one of two halvings shows 2/3 of the
  /// error or more. A second derivative that changes by C adds up to `C h / 4` to the central difference;
  /// half of that shows.
  ///
  /// - Parameters:
  ///   - differences: at a step, its half and its quarter.
  ///   - bounds: by how much each may differ from the analytic derivative.
  static func explains(
    _ analytic: Double, _ differences: [CentralDifference], bounds: [Double]
  ) -> Bool {
    let errors = differences.map { abs(analytic - $0.numeric) }
    let jumps = differences.map(\.jump)
    let changes = zip(differences, differences.dropFirst()).map { $0.numeric - $1.numeric }
    let bend = max(
      abs(jumps[0] - 2 * jumps[1]), abs(jumps[1] - 2 * jumps[2]), abs(changes[0] - 4 * changes[1]))
    guard bend.isFinite, bend > max(errors[0] / 3, bounds[0] / 3) else { return false }
    // A derivative that is wrong besides does neither. Curvature moves both one-sided differences by half of
    // what it does to the jump.
    let isEnclosed = zip(differences, differences.dropFirst()).contains { wide, narrow in
      wide.encloses(analytic, slack: bounds[0] + abs(wide.jump - narrow.jump))
    }
    return isEnclosed || errors[2] < max(0.3 * errors[0], bounds[2])
  }
}
