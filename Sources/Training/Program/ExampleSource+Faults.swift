import JSON
import NeuralNetworks

extension ExampleSource {
  /// Where the arrays don't go with a model's inputs, a sentence each.
  ///
  /// - Parameter name: what the message calls the examples, such as "the training dataset".
  func faults(for model: Model, name: String) -> [String] {
    if let faults = GraphExamples.faults(of: self, for: model, name: name) { return faults }
    let own = inputs
    return model.inputs.enumerated().compactMap { place, input in
      guard let index = index(of: input, among: model.inputs) else {
        let known = own.map { "\"\($0.name)\"" }.joined(separator: ", ")
        return "the model's input \"\(input.name)\" is no array of \(name)"
          + "\(nearest(input.name, among: own.map(\.name))); it has \(known)"
      }
      if own[index].shape != input.shape {
        return model.inputs.count == 1
          ? "the model's input is \(input.shape), an example of \(name) is "
            + "\(own[index].shape); the two must be equal"
          : "the model's input \"\(input.name)\" is \(input.shape), that array of \(name) is "
            + "\(own[index].shape); the two must be equal"
      }
      if own[index].element == .int32, input.element != .int32 {
        return "the model's input \"\(input.name)\" is numbers, that array of \(name) is int32; "
          + "add \"dtype\": \"int32\" and a vocabulary"
          + "\(own[index].vocabulary.map { " of \($0)" } ?? "") to the input"
      }
      if let fault = own[index].fault(learning: model.categories(ofInput: place), name: name) {
        return fault
      }
      guard let vocabulary = input.vocabulary else { return nil }
      if let known = own[index].vocabulary {
        return known <= vocabulary
          ? nil
          : "the model's input has a vocabulary of \(vocabulary), \(name) has \(known) different tokens; "
            + "the vocabulary must be at least \(known)"
      }
      return TokenScan.fault(in: self, input: index, vocabulary: vocabulary)
        .map { "\(name)'s \($0)" }
    }
  }

  /// Where the targets aren't those of the training examples, a sentence each.
  func faults(forTargetsOf training: any ExampleSource, name: String) -> [String] {
    training.targets.compactMap { wanted in
      let only = training.targets.count == 1
      guard let index = targetIndex(named: only ? nil : wanted.name) else {
        return "\(name) has no target \"\(wanted.name)\", as the training dataset has"
      }
      let own = targets[index].target
      guard own != wanted.target else { return nil }
      return "\(name)'s target\(only ? "" : " \"\(wanted.name)\"") is \(own.inWords), "
        + "that of the training dataset \(wanted.target.inWords)"
    }
  }
}

extension ExampleInput {
  /// Why a model can't take the numbers that stand for categories; `nil` when it has a vector for each value.
  fileprivate func fault(learning known: [ColumnEmbedding.Column], name: String) -> String? {
    guard
      let column = categories.first(where: { column in
        !known.contains { $0.place == column.place && $0.values >= column.values }
      })
    else { return nil }
    let what =
      column.name.map { "column \"\($0)\" of \(name)" } ?? "place \(column.place) of \(name)"
    if let other = known.first(where: { $0.place == column.place }) {
      return
        "\(what) has \(column.values) values, and the model's column_embedding vectors for \(other.values)"
    }
    return
      "\(what) stands for its \(column.values) values by their numbers, which are no amounts; begin the model with "
      + "\(JSON.object(JSONObject([("type", "column_embedding"), ("columns", .array(categories.map(\.json)))])))"
  }
}
