import JSON
import NeuralNetworks
import Testing

@testable import Training

/// What is wrong with penalties and constraints is told before a run is queued.
@Suite struct RegularizationFaultTests {
  private static func model(_ layers: JSON? = nil, input: JSON = ["shape": [2]]) throws -> Model {
    try Model(
      ModelSpec([
        "input": input,
        "layers": layers
          ?? [
            ["type": "dense", "units": 4, "name": "hidden", "activation": "tanh"],
            ["type": "layer_norm", "name": "norm"],
            ["type": "dropout", "name": "drop"],
            ["type": "dense", "units": 4, "name": "still", "trainable": false],
            ["type": "dense", "units": 3, "name": "head"],
          ],
      ]))
  }

  private func faults(_ members: [(String, JSON)], model: Model? = nil) throws -> [String] {
    do {
      let configuration = try TrainingConfiguration(
        .object(
          JSONObject([("epochs", 1), ("loss", "cross_entropy")] + members)), pointer: "/training")
      return try TrainingData(training: Spiral.examples(30))
        .faults(model: model ?? Self.model(), configuration: configuration).all
        .map { "\($0.pointer): \($0.detail)" }
    } catch let error as Faults {
      return error.all.map { "\($0.pointer): \($0.detail)" }
    }
  }

  private static let wrongMembers: [(String, JSON, String, String)] = [
    ("regularization", ["l2": -1], "/training/regularization/l2", "0"),
    ("regularization", ["l1": 0.0], "/training/regularization/l1", "penalises nothing"),
    ("regularization", ["layers": ["a"]], "/training/regularization/l2", "is missing"),
    ("regularization", ["l2": 1, "lyers": ["a"]], "/training/regularization/lyers", "layers"),
    ("regularization", [], "/training/regularization", "1"),
    ("regularization", [["l2": 1], ["l2": "x"]], "/training/regularization/1/l2", "number"),
    (
      "regularization", ["l2": 1, "parameters": "weight"], "/training/regularization/parameters",
      "weights"
    ),
    ("regularization", ["l2": 1, "layers": [""]], "/training/regularization/layers/0", "bytes"),
    ("activity_regularization", ["l1": 1], "/training/activity_regularization/layers", "missing"),
    ("gradient_penalty", [:], "/training/gradient_penalty/weight", "missing"),
    ("gradient_penalty", ["weight": -1], "/training/gradient_penalty/weight", "0"),
    ("gradient_penalty", ["weight": 1, "of": "logits"], "/training/gradient_penalty/of", "output"),
    ("constraints", [:], "/training/constraints/max_norm", "missing"),
    ("constraints", ["max_norm": 0], "/training/constraints/max_norm", "1e-06"),
    (
      "constraints", ["max_norm": 1, "unit_norm": true], "/training/constraints/unit_norm",
      "contradicts"
    ),
  ]

  @Test("what an entry says wrongly is named", arguments: wrongMembers.indices)
  func decoding(index: Int) throws {
    let (member, value, pointer, word) = Self.wrongMembers[index]
    let found = try faults([(member, value)])
    #expect(
      found.contains { $0.hasPrefix(pointer + ": ") && $0.contains(word) },
      "\(member) \(value): \(found)")
  }

  private static let wrongNames: [(String, JSON, String, [String])] = [
    (
      "regularization", ["l2": 1, "layers": ["hiden"]], "/training/regularization/layers/0",
      ["matches no layer", "did you mean \"hidden\"", "norm, drop"]
    ),
    (
      "regularization", [["l2": 1], ["l1": 1, "layers": ["head", "drop"]]],
      "/training/regularization/1/layers/1",
      ["drop", "learns nothing", "hidden, head"]
    ),
    (
      "regularization", ["l2": 1, "layers": ["norm"]], "/training/regularization/layers/0",
      ["no weights", "\"parameters\": \"all\""]
    ),
    (
      "regularization", ["l2": 1, "layers": ["sti*"]], "/training/regularization/layers/0",
      ["\"still\" is frozen"]
    ),
    (
      "regularization", ["l2": 1, "parameters": ["head.weigth"]],
      "/training/regularization/parameters/0",
      ["matches no parameter", "did you mean \"head.weight\""]
    ),
    (
      "regularization", ["l2": 1, "layers": ["head"], "parameters": ["hidden.*"]],
      "/training/regularization/parameters/0", ["in those layers", "head.weight, head.bias"]
    ),
    (
      "activity_regularization", ["l2": 1, "layers": ["hiddn"]],
      "/training/activity_regularization/layers/0",
      ["did you mean \"hidden\""]
    ),
    (
      "constraints", ["max_norm": 1, "layers": ["drop"]], "/training/constraints/layers/0",
      ["learns nothing"]
    ),
    (
      "constraints", ["max_norm": 1, "parameters": ["hidden.bias"]], "/training/constraints",
      ["hidden.bias", "only non_negative"]
    ),
    (
      "constraints", [["max_norm": 1], ["unit_norm": true, "layers": ["head"]]],
      "/training/constraints/1",
      ["head.weight is constrained already", "/training/constraints/0"]
    ),
  ]

  @Test(
    "what an entry is for must be there, and have what is penalised", arguments: wrongNames.indices)
  func matching(index: Int) throws {
    let (member, value, pointer, words) = Self.wrongNames[index]
    let found = try faults([(member, value)])
    #expect(
      found.contains { fault in
        fault.hasPrefix(pointer + ": ") && words.allSatisfy { fault.contains($0) }
      }, "\(member) \(value): \(found)")
    #expect(found.count == 1)
  }

  @Test("what is right has no fault")
  func right() throws {
    let members: [(String, JSON)] = [
      (
        "regularization",
        [["l1": 1e-5, "l2": 1e-4, "layers": ["h*"]], ["l2": 1, "parameters": "all"]]
      ),
      ("activity_regularization", ["l1": 1e-5, "layers": ["*"]]),
      ("gradient_penalty", ["weight": 1]),
      (
        "constraints",
        [
          ["max_norm": 3, "layers": ["hidden"]],
          ["non_negative": true, "parameters": ["*.bias"], "layers": ["head"]],
        ]
      ),
    ]
    #expect(try faults(members) == [])
  }

  @Test("a constraint isn't for a weight that is normalized before it is used")
  func normalized() throws {
    let model = try Self.model([
      ["type": "dense", "units": 3, "name": "s", "spectral_norm": true],
      ["type": "dense", "units": 3, "name": "w", "weight_norm": true],
    ])
    let spectral = try faults([("constraints", ["max_norm": 1, "layers": ["s"]])], model: model)
    #expect(spectral.count == 1 && spectral[0].contains("normalized before it is used"))
    #expect(try faults([("constraints", ["max_norm": 1, "layers": ["w"]])], model: model) == [])
    let sign = try faults([("constraints", ["non_negative": true, "layers": ["w"]])], model: model)
    #expect(sign.count == 1 && sign[0].contains("lengths of rows"))
  }

  @Test("a layer whose derivative has none is named")
  func derivatives() throws {
    var refused: [String: String] = [:]
    for (layer, shape) in Self.layers {
      let model = try Self.model(
        [layer, ["type": "flatten"], ["type": "dense", "units": 3, "name": "head"]],
        input: ["shape": shape])
      let found = try faults([("gradient_penalty", ["weight": 1])], model: model)
        .filter { $0.hasPrefix("/training/gradient_penalty") }
      if let fault = found.first { refused[try #require(layer["type"]?.string)] = fault }
    }
    for (type, fault) in refused {
      #expect(
        fault.contains("layer \"x\" (\(type))") && fault.contains("derivative of a derivative"),
        "\(fault)")
    }
    #expect(refused["dense"] == nil && refused["conv2d"] == nil && refused["layer_norm"] == nil)
    #expect(Set(refused.keys) == Self.refused, "\(refused)")
  }

  private static let refused: Set = ["rnn", "lstm", "gru", "multi_head_attention"]

  private static let layers: [(JSON, JSON)] = [
    (["type": "dense", "units": 4, "activation": "gelu", "name": "x"], [6]),
    (["type": "conv2d", "filters": 2, "kernel": 2, "activation": "relu", "name": "x"], [2, 4, 4]),
    (["type": "batch_norm", "name": "x"], [2, 4, 4]), (["type": "layer_norm", "name": "x"], [6]),
    (["type": "group_norm", "groups": 2, "name": "x"], [2, 4, 4]),
    (["type": "rms_norm", "name": "x"], [6]),
    (["type": "max_pool2d", "size": 2, "name": "x"], [2, 4, 4]),
    (["type": "avg_pool2d", "size": 2, "name": "x"], [2, 4, 4]),
    (["type": "lstm", "units": 3, "name": "x"], [4, 3]),
    (["type": "gru", "units": 3, "name": "x"], [4, 3]),
    (["type": "rnn", "units": 3, "name": "x"], [4, 3]),
    (["type": "multi_head_attention", "heads": 2, "name": "x"], [4, 6]),
    (["type": "dropout", "name": "x"], [6]),
    (["type": "conv2d_transpose", "filters": 2, "kernel": 2, "name": "x"], [2, 4, 4]),
  ]

  @Test("tokens have no gradient, and gradients that are projected take no penalty of a batch")
  func others() throws {
    let tokens = try Self.model(
      [
        ["type": "embedding", "dimensions": 4], ["type": "flatten"],
        ["type": "dense", "units": 3],
      ], input: ["shape": [5], "dtype": "int32", "vocabulary": 7])
    let found = try faults([("gradient_penalty", ["weight": 1])], model: tokens)
    #expect(
      found.contains { $0.hasPrefix("/training/gradient_penalty: ") && $0.contains("tokens") })
    let projected: JSON = [
      "balance": "pcgrad",
      "terms": [["type": "cross_entropy", "name": "a"], ["type": "cross_entropy", "name": "b"]],
    ]
    let refused = try faults([
      ("loss", projected), ("activity_regularization", ["l2": 1, "layers": ["hidden"]]),
    ])
    #expect(
      refused.contains {
        $0.hasPrefix("/training/activity_regularization: ") && $0.contains("pcgrad")
      }, "\(refused)")
  }
}
