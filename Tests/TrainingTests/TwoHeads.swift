import Foundation
import JSON
import NeuralNetworks
import Tensors

@testable import Training

/// The model of `Fixtures/make_objectives.py`: two inputs, a layer that both heads share, a head of classes and
/// one of numbers.
enum TwoHeads {
  static let fixture: JSON = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/objectives.json")
    return (try? JSON(parsing: [UInt8](Data(contentsOf: url)))) ?? .null
  }()

  static let spec: JSON = [
    "inputs": ["a": ["shape": [5]], "b": ["shape": [3]]],
    "layers": [
      ["type": "dense", "units": 6, "activation": "tanh", "name": "left", "inputs": "a"],
      ["type": "dense", "units": 6, "activation": "tanh", "name": "right", "inputs": "b"],
      ["type": "concat", "name": "both", "inputs": ["left", "right"]],
      ["type": "dense", "units": 8, "activation": "tanh", "name": "shared"],
      ["type": "dense", "units": 3, "name": "kind"],
      ["type": "dense", "units": 2, "name": "size", "inputs": "shared"],
    ],
    "outputs": ["kind", "size"],
  ]

  static func model() throws -> Model { try Model(ModelSpec(spec)) }

  static func examples() -> MemoryExamples {
    let classes = numbers(fixture["classes"]).map { Int32($0) }
    return MemoryExamples(
      inputs: [
        ("a", numbers(fixture["a"]).map { Float($0) }, [5]),
        ("b", numbers(fixture["b"]).map { Float($0) }, [3]),
      ],
      targets: [
        ("y1", .classes(classes, count: 3)),
        ("y2", .numbers(numbers(fixture["numbers"]).map { Float($0) }, shape: [2])),
      ])
  }

  static func weights() throws -> Weights {
    guard case .object(let tensors) = fixture["weights"] else { return Weights([]) }
    return Weights(
      tensors.members.map { name, value in
        let elements = numbers(value["values"]).map { Float($0) }
        let shape = Shape(numbers(value["shape"]).map { Int($0) })
        return NamedTensor(name: name, tensor: Tensor(elements, shape: shape))
      })
  }

  static func numbers(_ json: JSON?) -> [Double] { (json?.array ?? []).compactMap(\.double) }
  static func rows(_ json: JSON?) -> [[Double]] { (json?.array ?? []).map { numbers($0) } }

  /// The two terms, with members added to each.
  static func terms(_ first: JSON = 1, _ second: JSON = 1) -> JSON {
    [
      ["output": "kind", "type": "cross_entropy", "target": "y1", "weight": first],
      ["output": "size", "type": "mean_squared_error", "target": "y2", "weight": second],
    ]
  }

  static func configuration(
    loss: JSON, _ members: JSONObject = JSONObject(), hasValidation: Bool = false
  ) throws -> TrainingConfiguration {
    var object = JSONObject([
      ("steps", 12), ("batch_size", 8), ("shuffle", false), ("seed", 5), ("loss", loss),
      ("optimizer", ["type": "adam", "learning_rate": 0.01]),
    ])
    for (name, value) in members.members { object[name] = value == .null ? nil : value }
    return try TrainingConfiguration(.object(object), hasValidationDataset: hasValidation)
  }
}
