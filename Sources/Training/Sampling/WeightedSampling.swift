import Datasets
import JSON
import NeuralNetworks

/// Examples as often as their class or a column of theirs says.
///
/// Draws with replacement; `P(example) = w / Σ w`.
public struct WeightedSampling: Sampling {
  /// One a class, in the order of the classes.
  public let classWeights: [Double]?
  /// A column of numbers, none negative.
  public let column: String?

  private static let weights = 0.0...1e12
  private static let columnField = Field(
    "column", .described("a name"),
    "The column, or the array of a number an example, that says how much it weighs.")

  public static let documentation = CatalogEntry(
    type: "weighted",
    summary: "Examples as often as their class or a column says, drawn with replacement.",
    formula: "P(example) = w / Σ w",
    fields: [ClassWeights.field, columnField],
    source: "As torch.utils.data.WeightedRandomSampler.")

  public init(from reader: inout ObjectReader) {
    column = reader.string("column")
    classWeights = ClassWeights.read(&reader)
    if classWeights != nil, column != nil {
      reader.fault("column", "contradicts class_weights; give one of the two")
    }
    if !reader.has("class_weights"), !reader.has("column") {
      reader.fault(
        "class_weights", "is missing; say what an example weighs with class_weights or column")
    }
  }

  public var configuration: [(String, JSON)] {
    classWeights.map { [("class_weights", .array($0.map(JSON.number)))] }
      ?? [("column", .string(column ?? ""))]
  }

  public func faults(_ source: any ExampleSource) -> [(member: String, detail: String)] {
    if let classWeights {
      guard case .classes(let count, let shape)? = source.targets.first?.target, shape.count == 1,
        !source.classIndices.isEmpty
      else {
        return [
          ("class_weights", "needs classes, and the dataset's target is none; column takes numbers")
        ]
      }
      if classWeights.count != count {
        return [
          ("class_weights", "has \(classWeights.count) weights, and there are \(count) classes")
        ]
      }
      if !source.classIndices.contains(where: { classWeights[Int($0)] > 0 }) {
        return [("class_weights", "leaves out every class that has examples")]
      }
      return []
    }
    return ExampleColumn.faults(column ?? "", of: source) { values in
      if let index = values.firstIndex(where: { !Self.weights.contains($0) }) {
        return "example \(index) weighs \(values[index]); from 0 to 1e12"
      }
      return values.contains { $0 > 0 } ? nil : "has no weight above 0, so that nothing is drawn"
    }
  }

  public func sampler(
    of source: any ExampleSource, members: ExampleSet?, seed: UInt64
  ) -> any Sampler {
    let all =
      classWeights.map { weights in source.classIndices.map { weights[Int($0)] } }
      ?? ExampleColumn.values(of: column ?? "", in: source) ?? []
    let weights = members.map { $0.map { all[$0] } } ?? all
    // A split may leave none of those that weigh something.
    let isEmpty = !weights.contains { $0 > 0 }
    return WeightedDraws(isEmpty ? weights.map { _ in 1 } : weights, seed: seed)
  }
}
