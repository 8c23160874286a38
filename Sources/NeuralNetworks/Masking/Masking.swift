import Autodiff
import Tensors

/// What a layer makes of a mask `[N, T]`, which says of each place of its input whether it's real: 1, or 0 for
/// padding.
public enum Masking: String, Hashable, Sendable {
  /// It works on each place alone: the output's mask is the input's; of several the places that are real in all.
  case keeps
  /// It leaves padding out of account; where the output has the length axis still, the mask goes on.
  case uses
  /// It doesn't know of it, and behind it there's none.
  case drops
}

extension Layer {
  public static var masking: Masking { .drops }

  /// The mask of the output.
  ///
  /// - Parameters:
  ///   - masks: those of the inputs, `nil` where all places are real.
  ///   - output: the layer's output, without the batch axis.
  func outputMask(
    _ masks: [Value?], output: Shape, in graph: inout Graph
  ) throws(GraphError) -> Value? {
    let known: [Value]
    switch Self.masking {
    case .drops: return nil
    // Of attention to a memory, the queries' mask.
    case .uses: known = masks.first.flatMap { $0 }.map { [$0] } ?? []
    case .keeps: known = masks.compactMap { $0 }
    }
    var result: Value?
    for mask in known {
      // An axis that was joined, or is gone, is no longer the one that the mask counts.
      guard output.rank >= 1, graph.shape(of: mask)[1] == output[0] else { return nil }
      guard let other = result else {
        result = mask
        continue
      }
      result = mask == other ? other : try graph.multiply(other, mask)
    }
    return result
  }
}
