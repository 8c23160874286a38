import JSON
import Tensors

/// Reads a spec: opens its containers, finds what takes what, then goes over the layers in an order in
/// which they can be computed, and after a fault goes on wherever what follows can still be judged.
struct ModelDecoder {
  private var reader: ObjectReader
  private let pointer: String

  init(_ json: JSON, pointer: String) {
    reader = ObjectReader(json, pointer: pointer)
    self.pointer = pointer
  }

  mutating func decode() throws(Faults) -> ModelSpec {
    reader.passOverSchema()
    let name = modelName()
    let inputs = ModelInputs(&reader)
    var elements: [JSON] = []
    if reader.requiredValue("layers") != nil {
      elements = reader.array("layers", count: 1...LayerLimits.layers) ?? []
    }
    let placement = LayerPlacement(
      elements, pointer: "\(pointer)/layers", inputs: inputs.names)
    var decoder = LayerDecoder(LayerWiring(placement), inputs: inputs.specs)
    decoder.decode()
    let outputs = reader.value("outputs")
    var faults = reader.finish()
    faults.add(decoder.faults)
    let chosen = outputs.map {
      OutputDecoder.decode($0, among: placement, pointer: "\(pointer)/outputs", faults: &faults)
    }
    try faults.check()
    let layers = decoder.finished(below: pointer, outputs: chosen?.map(\.reference))
    try OutputDecoder.repeated(layers.outputs, chosen ?? []).check()
    try decoder.unused(
      among: layers.specs, but: layers.outputs, inputs: inputs.names, pointer: pointer
    ).check()
    try decoder.expressions(among: layers.specs, pointer: pointer).check()
    return ModelSpec(
      name: name, inputs: inputs.specs.compactMap(\.self), layers: layers.specs,
      order: layers.order, elements: decoder.elements(placement.outline), outputs: layers.outputs,
      outputNames: chosen?.map(\.name))
  }

  private mutating func modelName() -> String? {
    let name = reader.string("name")
    if let name, name.isEmpty || name.count > 200 {
      reader.fault("name", "has \(name.count) characters; from 1 to 200")
    }
    return name
  }
}
