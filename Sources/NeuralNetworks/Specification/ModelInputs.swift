import JSON
import Tensors

/// A spec's inputs as far as they could be read.
struct ModelInputs {
  /// In the order of the document, also of those at fault.
  let names: [String]
  /// `nil` where a fault left an input unknown.
  let specs: [InputSpec?]

  /// Reads `input`, or the members of `inputs`; the faults are recorded in the model's reader.
  init(_ model: inout ObjectReader) {
    guard model.value("inputs") != nil, var reader = model.reader("inputs") else {
      names = [InputSpec.onlyName]
      specs = [InputDecoder.decode(&model, member: InputSpec.onlyName)]
      return
    }
    if model.value(InputSpec.onlyName) != nil {
      model.fault("inputs", "contradicts input; give one of the two")
    }
    var names: [String] = []
    var specs: [InputSpec?] = []
    let members = reader.object.names
    for name in members.prefix(LayerLimits.inputs) {
      names.append(name)
      specs.append(InputDecoder.decode(&reader, member: name))
      if let detail = LayerName.fault(name) { reader.fault(name, detail) }
    }
    for name in members.dropFirst(LayerLimits.inputs) { _ = reader.value(name) }
    if members.count > LayerLimits.inputs {
      model.fault("inputs", "has \(members.count) members; from 1 to \(LayerLimits.inputs)")
    }
    for (name, spec) in zip(names, specs) where spec?.graph != nil && members.count > 1 {
      reader.fault(name, "is the vertices of a graph; a model on one has this input alone")
    }
    let faults = reader.finish()
    if members.isEmpty, faults.isEmpty {
      model.fault("inputs", "has no members; each is an input's name with its shape")
    }
    model.add(faults)
    // Layers follow something, of which nothing is known.
    self.names = names.isEmpty ? [InputSpec.onlyName] : names
    self.specs = names.isEmpty ? [nil] : specs
  }
}
