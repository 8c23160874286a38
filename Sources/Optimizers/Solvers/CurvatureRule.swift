/// How a solver that knows the curvature of a batch makes its step.
struct CurvatureRule: Hashable, Sendable {
  /// What becomes of `λ` after a step.
  enum Adaptation: Hashable, Sendable {
    case none
    /// `λ max(1/3, 1 - (2ρ - 1)³)` after a step that went down, else `λ ν` with `ν` doubling. Nielsen 1999, "Damping parameter in
    /// Marquardt's method".
    case nielsen
    /// `3/2 λ` below `ρ = 1/4`, `2/3 λ` above `3/4`. Martens 2010, section 4.1.
    case martens
  }

  /// What is done when the loss hasn't fallen at the end of a step.
  enum Search: Hashable, Sendable {
    /// Nothing: the loss there isn't looked at.
    case none
    /// The step is found again with another `λ`, so many times; then none is made.
    case damping(Int)
    /// It's made shorter by 0.8 until the loss is below `f + 0.01 t gᵀp`, so many times; then none is made.
    case shorten(Int)
  }

  var damping: Double
  var adaptation: Adaptation
  var search: Search
  var iterations: Int
  var stop: ConjugateGradients.Stop
  /// By what the last solution is multiplied to begin from; `nil` to begin from 0.
  var warmStart: Double?
  /// The largest `½ pᵀ B p` of a step, which is made shorter; `nil` for any.
  var trust: Double?
}
