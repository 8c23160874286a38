import Foundation
import JSON

/// Data, models and runs that the tests send.
enum Samples {
  /// Two clouds of points, told apart by their class; the numbers follow from a fixed recurrence.
  static func blobs(rows: Int) -> [UInt8] {
    var state: UInt64 = 20_261_124
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 40) / Double(1 << 24)
    }
    var text = "x,y,label\n"
    for row in 0..<rows {
      let isRight = row % 2 == 1
      let center = isRight ? 1.5 : -1.5
      let x = center + next() - 0.5
      let y = next() - 0.5
      text += "\(x),\(y),\(isRight ? "right" : "left")\n"
    }
    return Array(text.utf8)
  }

  /// Two npy files of bytes: rows of three features, and their classes.
  static func arrays(rows: Int) -> (features: [UInt8], targets: [UInt8]) {
    func npy(_ shape: String, _ values: [UInt8]) -> [UInt8] {
      var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(shape)), }"
      header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
      return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8) + values
    }
    let features = (0..<rows * 3).map { UInt8($0 * 37 % 251) }
    return (npy("\(rows), 3", features), npy("\(rows),", (0..<rows).map { UInt8($0 % 2) }))
  }

  static let model: JSON = [
    "name": "small",
    "input": ["shape": [2]],
    "layers": [
      ["type": "dense", "units": 8, "activation": "relu", "name": "hidden"],
      ["type": "dense", "units": 2],
    ],
  ]

  /// Three epochs of eight steps.
  static func run(model: JSON = model, dataset: String, epochs: Int = 3) -> JSON {
    [
      "model": model, "dataset": .string(dataset),
      "training": [
        "epochs": .integer(epochs), "batch_size": 15, "seed": 7, "loss": "cross_entropy",
        "optimizer": ["type": "adam", "learning_rate": 0.01], "metrics": ["accuracy"],
      ],
      "observe": ["gradient_norms_every": 1, "histograms_every": 8],
    ]
  }

  struct Array2: Sendable {
    let shape: [Int]
    let values: [Double]
  }

  /// Reads a safetensors file: eight bytes of length, a JSON header, little-endian floats.
  static func safetensors(_ bytes: [UInt8]) throws -> [String: Array2] {
    let length = bytes[..<8].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let header = try JSON(parsing: bytes[8..<8 + length])
    var tensors: [String: Array2] = [:]
    for (name, entry) in header.object?.members ?? [] where name != "__metadata__" {
      let offsets = entry["data_offsets"]?.array?.compactMap(\.integer) ?? [0, 0]
      let data = bytes[8 + length + offsets[0]..<8 + length + offsets[1]]
      let values = stride(from: data.startIndex, to: data.endIndex, by: 4).map { start in
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) }
        return Double(Float(bitPattern: bits))
      }
      let shape = entry["shape"]?.array?.compactMap(\.integer) ?? []
      tensors[name] = Array2(shape: shape, values: values)
    }
    return tensors
  }

  /// The sample model's logits for one example.
  static func forward(_ tensors: [String: Array2], _ input: [Double]) -> [Double] {
    func dense(_ name: String, _ x: [Double]) -> [Double] {
      let weight = tensors["\(name).weight"]?.values ?? []
      let bias = tensors["\(name).bias"]?.values ?? []
      return bias.indices.map { row in
        bias[row] + x.indices.reduce(0) { $0 + weight[row * x.count + $1] * x[$1] }
      }
    }
    return dense("dense_1", dense("hidden", input).map { max(0, $0) })
  }

  static func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    return powers.map { $0 / powers.reduce(0, +) }
  }
}

extension JSON {
  /// The object with one member set, or removed with `nil`.
  func setting(_ name: String, _ value: JSON?) -> JSON {
    var copy = object ?? JSONObject()
    copy[name] = value
    return .object(copy)
  }
}
