import JSON

/// A penalty on parameters: an entry of `training.regularization`.
///
/// `l1 Σ|w| + l2 Σw²` over every element meant, as Keras has it: the gradient is `l1 sign(w) + 2 l2 w`, with 0 for `|w|` at 0.
/// Tibshirani 1996 (lasso), Hoerl and Kennard 1970 (ridge), Zou and Hastie 2005 (elastic net, both at once).
public struct ParameterPenalty: Hashable, Sendable {
  public let l1: Double
  public let l2: Double
  public let selection: ParameterSelection

  public static let strengths = 0.0...1e6

  init(_ reader: inout ObjectReader) {
    (l1, l2) = Self.strengths(&reader)
    selection = ParameterSelection(&reader)
  }

  /// Reads `l1` and `l2`, of which one must say something.
  static func strengths(_ reader: inout ObjectReader) -> (l1: Double, l2: Double) {
    let l1 = reader.double("l1", in: strengths)
    let l2 = reader.double("l2", in: strengths)
    if !reader.has("l1"), !reader.has("l2") {
      reader.fault("l2", "is missing; give l1, l2 or both, how strong the penalty is")
    } else if reader.faults.isEmpty, (l1 ?? 0) == 0, (l2 ?? 0) == 0 {
      reader.fault(l2 == nil ? "l1" : "l2", "is 0, which penalises nothing; leave the entry out")
    }
    return (l1 ?? 0, l2 ?? 0)
  }
}
