import JSON
import NeuralNetworks
import Tensors

/// A model for shorter sequences: the same layers and parameters on an input of fewer steps.
///
/// Sequences that end in padding pass through it to the same results, where every layer that sees the length knows of
/// padding, and neither parameters nor outputs depend on it.
enum ShortenedModel {
  /// - Throws: `Faults` where a layer can't be built on it.
  static func make(_ model: Model, length: Int) throws(Faults) -> Model {
    let input = model.inputs[0]
    var shape = input.shape.dimensions
    shape[0] = length
    guard case .object(var spec) = model.spec.json else { return model }
    let extents = JSON.array(shape.map { .integer($0) })
    if case .object(var only)? = spec["input"] {
      only["shape"] = extents
      spec["input"] = .object(only)
    } else if case .object(var inputs)? = spec["inputs"],
      case .object(var only)? = inputs[input.name]
    {
      only["shape"] = extents
      inputs[input.name] = .object(only)
      spec["inputs"] = .object(inputs)
    }
    return try Model(ModelSpec(.object(spec)))
  }

  /// Why a model's sequences can't be shortened; `nil` when they can.
  static func objection(_ model: Model) -> String? {
    guard model.inputs.count == 1, let input = model.inputs.first, input.padding != nil else {
      return "needs a model of one input that says what padding is: \"padding\" of the input"
    }
    let longest = input.shape[0]
    guard longest > 1 else { return "sequences of one step can't be shorter" }
    let short: Model
    do throws(Faults) {
      short = try make(model, length: longest - 1)
    } catch {
      return "the model can't be built for shorter sequences: \(error)"
    }
    for (own, other) in zip(model.parameters, short.parameters) where own.shape != other.shape {
      return "\"\(own.name)\" is \(own.shape): its shape depends on the length of the sequences"
    }
    for (own, other) in zip(model.spec.layers, short.spec.layers) {
      guard own.inputShapes != other.inputShapes else { continue }
      // Batch normalisation keeps the mask, but its statistics are of all places; so are those of an example's norm over
      // all of its axes.
      let axes = own.layer.configuration.first { $0.0 == "axes" }?.1.integer ?? 0
      let isOfAll = own.type == "batch_norm" || axes >= own.inputShapes[0].rank
      if type(of: own.layer).masking == .drops || isOfAll {
        return
          "the layer \"\(own.name)\" (\(own.type)) doesn't know of padding, and what it makes of a sequence depends on how long "
          + "that was filled up"
      }
      if own.layer.configuration.contains(where: { $0.0 == "truncate" && $0.1.integer != nil }) {
        return
          "the layer \"\(own.name)\" (\(own.type)) cuts the gradient every so many steps, counted from the end of what was filled "
          + "up; leave truncate out"
      }
      if own.outputShape != other.outputShape, own.outputShape.dimensions.first != longest {
        return "the layer \"\(own.name)\" (\(own.type)) joins sequences along their length"
      }
    }
    for (own, other) in zip(model.outputs, short.outputs) where own.shape != other.shape {
      return
        "the output \"\(own.name)\" is as long as the sequences, \(own.shape), and so are its targets"
    }
    return nil
  }
}
