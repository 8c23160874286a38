import Tensors

/// Which examples of a graph are for training, for validation and for the test.
struct GraphMasks {
  /// What an example is for, as it is stored.
  enum Use: UInt8, Sendable, CaseIterable {
    case none, training, validation, test
  }

  private(set) var uses: [Use]

  private static let parts: [(name: String, use: Use)] = [
    ("train_mask", .training), ("validation_mask", .validation), ("test_mask", .test),
  ]

  /// All examples for training.
  init(examples: Int) { uses = [Use](repeating: .training, count: examples) }

  init(uses: [Use]) { self.uses = uses }

  /// Reads the masks among the parts; without one for training, what the others leave is for it.
  ///
  /// - Throws: `DatasetError` for a mask of another length, or an example that two have.
  init?(
    _ parts: [String: GraphPart], examples: Int, what: String
  ) throws(DatasetError) {
    uses = [Use](repeating: .none, count: examples)
    var found: [GraphPart] = []
    for (name, use) in GraphMasks.parts {
      guard let part = parts[name] else { continue }
      found.append(part)
      let (shape, _, numbers) = try part.numbers(atMost: max(examples, 1 << 20))
      guard shape == [examples] else {
        throw part.refusal(
          .malformed,
          "has shape \(Shape(shape)), and there are \(examples) \(what); a mask has one 0 or 1 for each"
        )
      }
      for (index, number) in numbers.enumerated() where number != 0 {
        guard number == 1 else {
          throw part.refusal(
            .malformed, "\(number) is neither 0 nor 1; a mask isn't a list of indices",
            row: index + 1)
        }
        guard uses[index] == .none else {
          throw part.refusal(
            .malformed,
            "example \(index + 1) is in the mask of \(uses[index].name) too; an example is for one of them",
            row: index + 1)
        }
        uses[index] = use
      }
    }
    guard !found.isEmpty else { return nil }
    if parts["train_mask"] == nil {
      for index in uses.indices where uses[index] == .none { uses[index] = .training }
    }
    guard uses.contains(.training) else {
      throw found[0].refusal(.empty, "there is no example for training")
    }
  }

  func count(_ use: Use) -> Int { uses.count { $0 == use } }
}

extension GraphMasks.Use {
  var name: String {
    switch self {
    case .none: "none"
    case .training: "training"
    case .validation: "validation"
    case .test: "test"
    }
  }

  /// What a table calls it: `train`, `valid`, `test`, and blank for none.
  init?(word: String) {
    switch word.lowercased() {
    case "train", "training": self = .training
    case "val", "valid", "validation": self = .validation
    case "test", "testing": self = .test
    case "", "none", "-", "unused", "rest", "other": self = .none
    default: return nil
    }
  }
}
