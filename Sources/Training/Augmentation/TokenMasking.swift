import JSON

/// Some tokens replaced by one that says nothing.
///
/// Each token with the probability given. Devlin et al. 2018, arXiv:1810.04805; as word dropout, Iyyer et al. 2015, ACL.
public struct TokenMasking: Augmentation {
  public let probability: Double
  public let token: Int

  private static let probabilityField = Field(
    "probability", .number(0...1), default: 0.15, "How likely a token is replaced.")
  private static let tokenField = Field(
    "token", .integer(0...1 << 30), isRequired: true, "The token that stands in its place.")

  public static let documentation = CatalogEntry(
    type: "token_mask",
    summary: "Some tokens replaced by one that says nothing.",
    formula: "out[t] = token with the probability, else in[t]",
    fields: [probabilityField, tokenField],
    source: "Devlin et al. 2018, arXiv:1810.04805; Iyyer et al. 2015, ACL.")

  public init(from reader: inout ObjectReader) {
    probability = reader.double(Self.probabilityField)
    token = reader.integer(Self.tokenField)
  }

  public var configuration: [(String, JSON)] {
    [("probability", .number(probability)), ("token", .integer(token))]
  }

  public func faults(_ input: AugmentedInput) -> [(member: String, detail: String)] {
    guard let vocabulary = input.vocabulary else {
      return [("type", "needs tokens; an example's input is numbers of shape \(input.shape)")]
    }
    return token < vocabulary
      ? []
      : [
        (
          "token",
          "\(token) is none of the model's \(vocabulary) tokens; from 0 to \(vocabulary - 1)"
        )
      ]
  }

  public func apply(to pass: AugmentedPass) {
    let length = pass.input.shape.count
    let tokens = pass.values.assumingMemoryBound(to: Int32.self)
    for row in 0..<pass.rows {
      var generator = pass.generator(row: row)
      for place in row * length..<(row + 1) * length where generator.uniform() < probability {
        tokens[place] = Int32(token)
      }
    }
  }
}
