/// Batch normalisation over so few examples that its statistics are noise.
public enum SmallBatchNorm: Rule {
  public static let name = "small_batch_norm"
  public static let summary =
    "A batch_norm layer normalises over batches of fewer than eight examples."
  static let batch = 8
  public static let thresholds = [Finding.Figure("threshold_batch_size", Double(batch))]

  public static func look(at evidence: Evidence) -> [Finding] {
    guard evidence.facts.batchSize < batch,
      let layer = evidence.facts.layers.first(where: { $0.type == "batch_norm" })
    else { return [] }
    return [
      finding(
        .warning, layer: layer.name, steps: 1...max(1, evidence.step),
        [("batch_size", Double(evidence.facts.batchSize))],
        "\"\(layer.name)\" takes mean and variance from \(evidence.facts.batchSize) examples at a time.",
        advice: "Use batches of 16 or more, or layer_norm or group_norm.",
        field: "/training/batch_size")
    ]
  }
}
