/// A layer that can't take the shape it is given.
public struct ShapeFault: Error, Hashable, Sendable {
  /// The member of the layer's object that should change, if one stands out.
  public let field: String?
  /// What was given and what is needed, with both shapes.
  public let detail: String
  /// The rule that the shapes break.
  public let rule: String

  public init(field: String? = nil, _ detail: String, rule: String) {
    self.field = field
    self.detail = detail
    self.rule = rule
  }
}
