import JSON
import NeuralNetworks
import Runs
import Store
import Tensors

/// Models as the API shows them.
enum ModelPresentation {
  /// What a spec builds, and with a batch size what a training of it holds in memory.
  static func summary(_ model: Model, batchSize: Int?) throws -> JSON {
    var object = JSONObject([
      (
        "input",
        ["shape": shape(model.inputShape), "dtype": .string(model.inputElement.rawValue)]
      ),
      ("output", ["shape": shape(model.outputShape)]),
      ("inputs", .array(model.inputs.map(input))),
      (
        "outputs",
        .array(model.outputs.map { ["name": .string($0.name), "shape": shape($0.shape)] })
      ),
      ("layers", .array(model.layers.map(\.json))),
      ("parameters", .array(model.parameters.map(parameter))),
      ("parameter_count", .integer(model.parameterCount)),
      ("parameter_bytes", .integer(model.layers.reduce(0) { $0 + $1.parameterBytes })),
      ("forward_flops", .integer(model.forwardFlops)),
    ])
    if let batchSize {
      object["batch_size"] = .integer(batchSize)
      object["training_memory"] = try trainingMemory(model, batchSize: batchSize)
    }
    return .object(object)
  }

  /// The peak of a training with Adam, which keeps two more values for each parameter.
  private static func trainingMemory(_ model: Model, batchSize: Int) throws -> JSON {
    let slots = 2
    let peak = try model.trainingBytes(batch: batchSize, slots: slots)
    let parameters = model.layers.reduce(0) { $0 + $1.parameterBytes }
    return [
      "peak_bytes": .integer(peak),
      "plan_bytes": .integer(peak - parameters * (2 + slots)),
      "parameter_bytes": .integer(parameters),
      "gradient_bytes": .integer(parameters),
      "optimizer_bytes": .integer(parameters * slots),
    ]
  }

  private static func input(_ input: InputSpec) -> JSON {
    var object = JSONObject([
      ("name", .string(input.name)), ("shape", shape(input.shape)),
      ("dtype", .string(input.element.rawValue)),
    ])
    if let vocabulary = input.vocabulary { object["vocabulary"] = .integer(vocabulary) }
    return .object(object)
  }

  private static func parameter(_ parameter: ParameterDescription) -> JSON {
    [
      "name": .string(parameter.name),
      "layer": .string(parameter.layer),
      "shape": shape(parameter.shape),
      "initializer": parameter.initializer.json,
    ]
  }

  private static func shape(_ shape: Shape) -> JSON {
    .array(shape.dimensions.map(JSON.integer))
  }
}

extension ModelPresentation {
  /// A stored model; a list leaves the summary out.
  static func json(_ record: ModelRecord, summary: JSON?) throws -> JSON {
    var object = JSONObject([
      ("id", .string(record.id.rawValue)), ("name", record.name.map(JSON.string) ?? .null),
      ("spec", try JSON(parsing: record.spec)),
    ])
    if let summary { object["summary"] = summary }
    object["created_at"] = .string(Timestamp.text(record.createdAt))
    return .object(object)
  }
}
