import JSON
import Tensors

extension ImportOptions {
  /// The options as one text: equal for options that mean the same, whatever order they came in.
  public var canonical: String {
    var parts: [String] = []
    func add(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      parts.append("\(name)=\(value)")
    }
    add("format", format?.rawValue)
    add("target", target.joined(separator: ","))
    add("features", features.joined(separator: ","))
    add("targets", targets.joined(separator: ","))
    add("ignore", ignore.sorted().joined(separator: ","))
    add("categorical", categorical.sorted().joined(separator: ","))
    add("header", header.map(String.init))
    add(
      "delimiter",
      delimiter.map { byte in
        Self.delimiters.first { $0.byte == byte }?.name ?? String(UnicodeScalar(byte))
      })
    add("comment", comment.map { String(UnicodeScalar($0)) })
    add("skip_rows", skippedRows == 0 ? nil : "\(skippedRows)")
    add("encoding", encoding == .utf8 ? nil : encoding.rawValue)
    add("decimal", tableFormat.decimal == .point ? nil : tableFormat.decimal.rawValue)
    add("thousands", tableFormat.thousands == .none ? nil : tableFormat.thousands.rawValue)
    add("missing_values", tableFormat.missingWords.joined(separator: ","))
    add("schema", schemaText)
    add("outliers", outliers == .keep ? nil : outliers.rawValue)
    add("categories", categoryEncoding == .oneHot ? nil : categoryEncoding.name.rawValue)
    if case .hash(let buckets) = categoryEncoding { add("buckets", "\(buckets)") }
    add("missing", missing == .refuse ? nil : missing.rawValue)
    add("missing_target", missingTarget == .refuse ? nil : missingTarget.rawValue)
    add("scale", ArrayOptions.canonical(ofArrays.scales) { $0.rawValue } ?? scale?.rawValue)
    add(
      "target_scale",
      ArrayOptions.canonical(ofArrays.targetScales) { $0.rawValue }
        ?? (targetScale == .none ? nil : targetScale.rawValue))
    add(
      "target_kind",
      ArrayOptions.canonical(ofArrays.targetKinds) { $0.rawValue } ?? targetKind?.rawValue)
    func text(_ shape: Shape) -> String {
      shape.dimensions.map(String.init).joined(separator: ",")
    }
    add(
      "shape",
      ArrayOptions.canonical(ofArrays.shapes, separator: ";", text) ?? shape.map(text))
    add("sequence_length", sequenceLength.map(String.init))
    add("stride", stride.flatMap { $0 == sequenceLength ? nil : String($0) })
    add("window", window.map(String.init))
    add("horizon", horizon == 1 ? nil : "\(horizon)")
    add("steps", steps == 1 ? nil : "\(steps)")
    add("every_row", predictsEachRow ? "true" : nil)
    add("entity", entity)
    add("padding", padding.map { "\($0)" })
    add("past_target", hasPastTarget ? nil : "false")
    add("tokens", tokens.flatMap { $0 == .character ? nil : $0.rawValue })
    add("directed", isDirected == true ? "true" : nil)
    add("sparse", isSparse.map(String.init))
    add("normalize_rows", normalizesRows == true ? "true" : nil)
    return parts.joined(separator: "&")
  }

  /// Options as a description has them, in one line.
  ///
  /// - Throws: `Faults` for options that no import has.
  public init(canonical text: String) throws(Faults) {
    try self.init(query: Self.query(text))
  }

  /// `name=value&name=value` as parameters; a `&` within a value begins no name that an option has.
  private static func query(_ canonical: String) -> [String: String] {
    var query: [String: String] = [:]
    var last: String?
    for part in canonical.split(separator: "&", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2, fields.contains(where: { $0.name == pair[0] }) {
        last = String(pair[0])
        query[String(pair[0])] = String(pair[1])
      } else if let last, let value = query[last] {
        query[last] = "\(value)&\(part)"
      }
    }
    return query
  }
}
