import Datasets
import JSON
import NeuralNetworks
import Tensors

/// A run's augmentations, bound to its model and data.
final class Augmenter {
  private let augmentations: [(rule: any Augmentation, philox: Philox)]
  private let input: AugmentedInput
  /// How many numbers a row of each objective's target has; 0 for those that aren't mixed.
  private let targetWidths: [Int]
  private let scratch: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - largestPass: examples of a pass at most.
  /// - Returns: `nil` where nothing is augmented.
  init?(
    _ augmentations: [any Augmentation], model: Model, source: any ExampleSource,
    objectives: [Objective], seed: UInt64, largestPass: Int
  ) {
    guard !augmentations.isEmpty else { return nil }
    self.augmentations = augmentations.enumerated().map {
      ($1, Philox(seed: seed, purpose: "augmentation \($0)"))
    }
    input = AugmentedInput(model.inputs[0], of: source)
    let mixes = augmentations.contains(where: \.mixes)
    targetWidths = objectives.map { mixes ? $0.targetWidth : 0 }
    let width = max(input.shape.count, targetWidths.max() ?? 0)
    scratch = .allocate(capacity: max(1, width * largestPass))
  }

  deinit { scratch.deallocate() }

  /// Changes the examples of a pass in its slots.
  ///
  /// - Parameter first: the place of the first row in its step.
  func apply(to slots: BatchSlots, rows: Int, first: Int, step: Int) {
    for (rule, philox) in augmentations {
      let targets = rule.mixes ? targetWidths.indices.filter { targetWidths[$0] > 0 } : []
      rule.apply(
        to: AugmentedPass(
          input: input, values: slots.inputs[0],
          targets: targets.map {
            (slots.targets[$0].assumingMemoryBound(to: Float.self), targetWidths[$0])
          }, rows: rows, first: first, step: step, philox: philox, scratch: scratch))
    }
  }
}

extension AugmentedInput {
  init(_ input: InputSpec, of source: any ExampleSource) {
    shape = input.shape
    hasCategories = source.inputs.contains { !$0.categories.isEmpty }
    vocabulary = input.element == .int32 ? input.vocabulary ?? Int.max : nil
    guard let description = (source as? Dataset)?.description else {
      encode = (0, 1)
      range = nil
      return
    }
    let columns = description.featureColumns.map { column -> Scaling in
      if case .number(_, let scaling, _) = column.content { scaling } else { .identity }
    }
    let scalings = description.input.scalings.isEmpty ? columns : description.input.scalings
    let common = scalings.allSatisfy { $0 == scalings[0] } ? scalings.first ?? .identity : nil
    encode = common.map { ($0.subtract, $0.divide) }
    range = description.input.stored == .uint8 ? 0...255 : nil
  }
}

extension Objective {
  /// How many numbers an example's target has, as the loss is given it.
  var targetWidth: Int {
    switch encoding {
    case .classIndices: 0
    case .classNumber: places
    case .oneHot: places * answerWidth
    case .values, .numbers: numberCount
    }
  }

  /// The same with targets that can be mixed: probabilities of classes in place of a class.
  ///
  /// - Returns: `nil` where the loss takes nothing but a class.
  var mixable: Objective? {
    // What compares examples with each other takes a class for what it is, even as a number.
    if loss.largestBatch != nil { return nil }
    guard case .classIndices(let shape) = encoding else { return self }
    guard shape.rank == 0, loss is CrossEntropy else { return nil }
    var mixable = self
    mixable.encoding = .oneHot
    return mixable
  }
}

extension TrainingConfiguration {
  /// Whether two examples are made one.
  var mixesExamples: Bool { augmentations.contains(where: \.mixes) }
}

extension TrainingData {
  /// What keeps augmentations from changing this data.
  func addAugmentationFaults(
    _ configuration: TrainingConfiguration, model: Model, objectives: [Objective],
    _ pointer: String, to faults: inout Faults
  ) {
    guard !configuration.augmentations.isEmpty else { return }
    let pointer = pointer + "/augment"
    guard graph == nil else {
      faults.add(pointer, "the examples are vertices or graphs of one graph; leave augment out")
      return
    }
    guard model.inputs.count == 1 else {
      faults.add(
        pointer,
        "the model has \(model.inputs.count) inputs, and augment changes the only one of those that have one"
      )
      return
    }
    let input = AugmentedInput(model.inputs[0], of: training)
    for (index, augmentation) in configuration.augmentations.enumerated() {
      for fault in augmentation.faults(input) {
        faults.add("\(pointer)/\(index)/\(fault.member)", fault.detail)
      }
      guard augmentation.mixes else { continue }
      for objective in objectives where objective.mixable == nil {
        let loss = type(of: objective.loss).type
        faults.add(
          "\(pointer)/\(index)",
          "\(type(of: augmentation).type) mixes targets, and \(loss) takes a class an example; cross_entropy, "
            + "and losses of numbers, take mixed ones")
      }
    }
  }
}
