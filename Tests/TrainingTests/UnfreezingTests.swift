import JSON
import NeuralNetworks
import Testing

@testable import Training

/// Groups that begin to move later, in whole runs.
@Suite struct UnfreezingTests {
  /// Ten steps an epoch.
  private static let examples = Spiral.examples(200)

  private func train(
    _ optimizer: JSON, _ members: JSONObject = JSONObject(), resuming: CheckpointState? = nil,
    lastStep: Int? = nil
  ) throws -> (Outcome, RecordingObserver) {
    var training = JSONObject([
      ("epochs", 4), ("checkpoint", ["every_steps": 1, "keep": 100]), ("optimizer", optimizer),
    ])
    for (name, value) in members.members { training[name] = value }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Spiral.model(dropout: 0.1), data: TrainingData(training: Self.examples),
      configuration: Spiral.configuration(training), resuming: resuming, lastStep: lastStep)
    return (try trainer.run(observer: observer), observer)
  }

  private func optimizer(_ base: JSONObject, _ groups: JSON) -> JSON {
    var object = base
    object["groups"] = groups
    return .object(object)
  }

  private static let momentum = JSONObject([
    ("type", "sgd"), ("learning_rate", 0.05), ("momentum", 0.9),
  ])
  private static let adam = JSONObject([("type", "adam"), ("learning_rate", 0.01)])
  private static let sam = JSONObject([
    ("type", "sam"), ("optimizer", ["type": "adam", "learning_rate": 0.01]),
  ])
  private static let epochThree: JSON = [
    ["name": "body", "layers": ["hidden", "second"], "unfreeze_at": ["epoch": 3]]
  ]

  private func weights(_ heard: RecordingObserver, _ step: Int) throws -> Weights {
    try #require(heard.checkpoints.first { $0.step == step && $0.state != nil }?.weights)
  }

  @Test("until then its weights are those of the start to the last bit, and then they move")
  func staysAndMoves() throws {
    let (_, heard) = try train(optimizer(Self.adam, Self.epochThree))
    let start = try #require(heard.checkpoints.first { $0.step == 0 }?.weights)
    for name in ["hidden.weight", "hidden.bias", "second.weight", "second.bias"] {
      func bits(_ step: Int) throws -> [UInt32]? {
        try weights(heard, step)[name]?.elements(of: Float.self).map(\.bitPattern)
      }
      let begun = start[name]?.elements(of: Float.self).map(\.bitPattern)
      for step in [1, 10, 20] { #expect(try bits(step) == begun, "\(name) \(step)") }
      #expect(try bits(21) != begun)
    }
    #expect(
      try weights(heard, 1)["output.weight"]?.elements(of: Float.self)
        != start["output.weight"]?.elements(of: Float.self))
    let place = try #require(heard.summary?.stepSeries.firstIndex(of: "learning_rate.body"))
    let count = heard.summary?.stepSeries.count ?? 1
    let own = heard.blocks.flatMap(\.own)
    let rates = (0..<40).map { own[$0 * count + place] }
    #expect(rates == Array(repeating: 0, count: 20) + Array(repeating: 0.01, count: 20))
  }

  @Test("it is two runs in one: one with the group frozen, gone on with by one where it is free")
  func twoStages() throws {
    let (whole, _) = try train(optimizer(Self.momentum, Self.epochThree))
    let frozen: JSON = [["name": "body", "layers": ["hidden", "second"], "frozen": true]]
    let (_, first) = try train(optimizer(Self.momentum, frozen), lastStep: 20)
    let state = try #require(first.checkpoints.last { $0.step == 20 }?.state)
    let free: JSON = [["name": "body", "layers": ["hidden", "second"]]]
    let (second, _) = try train(optimizer(Self.momentum, free), resuming: state)
    #expect(whole.step == 40 && second.step == 40)
    #expect(second.weights?.bits == whole.weights?.bits)
  }

  @Test(
    "a run that is interrupted before or after goes on to the same bits, on any number of threads",
    arguments: [momentum, adam, sam])
  func resumes(base: JSONObject) throws {
    let clipped = JSONObject([("clip", ["norm": 0.5])])
    let choice = optimizer(
      base,
      [
        ["layers": ["hidden"], "unfreeze_at": ["step": 15]],
        ["layers": ["second"], "unfreeze_at": ["step": 8]],
      ])
    let (whole, heard) = try train(choice, clipped)
    for step in [3, 7, 8, 14, 15, 30] {
      let found = heard.checkpoints.first { $0.step == step && $0.state != nil }
      let state = try #require(found?.state)
      let back = try CheckpointState(decoding: state.encoded())
      let (continued, _) = try train(choice, clipped, resuming: back)
      #expect(continued.weights?.bits == whole.weights?.bits, "from \(step)")
    }
    let (spread, _) = try train(choice, JSONObject([("clip", ["norm": 0.5]), ("threads", 3)]))
    #expect(spread.weights?.bits == whole.weights?.bits)
  }

  @Test("what is held on purpose is no finding, and what stands still after that is one")
  func findings() throws {
    let rules: Set = ["frozen_layer", "unchanged_tensor", "update_ratio"]
    func found(_ groups: JSON) throws -> Set<String> {
      let (_, heard) = try train(optimizer(Self.adam, groups), JSONObject([("epochs", 30)]))
      return Set(heard.findings.map(\.rule)).intersection(rules)
    }
    #expect(try found([["layers": ["hidden"], "unfreeze_at": ["step": 250]]]).isEmpty)
    #expect(
      try found([["layers": ["hidden"], "unfreeze_at": ["step": 50], "learning_rate": 0]])
        .contains("frozen_layer"))
  }

  @Test("the memory that a run is admitted by counts what will move")
  func memory() throws {
    let model = try Spiral.model()
    func bytes(_ groups: JSON) throws -> Int {
      model.stateBytes(
        try Spiral.configuration(JSONObject([("optimizer", optimizer(Self.adam, groups))])))
    }
    let free = try bytes([["layers": ["hidden"]]])
    #expect(try bytes([["layers": ["hidden"], "unfreeze_at": ["epoch": 2]]]) == free)
    #expect(try bytes([["layers": ["hidden"], "frozen": true]]) < free)
  }

  static let faults: [(JSON, String, String)] = [
    (
      ["layers": ["hidden"], "unfreeze_at": ["epoch": 5]], "/epoch",
      "is step 41, and the run ends with step 40, of 10 an epoch"
    ),
    (["layers": ["hidden"], "unfreeze_at": ["step": 41]], "/step", "the run ends with step 40"),
    (["layers": ["hidden"], "unfreeze_at": ["step": 1]], "/step", "from 2"),
    (["layers": ["hidden"], "unfreeze_at": ["epoch": 1]], "/epoch", "from 2"),
    (["layers": ["hidden"], "unfreeze_at": [:]], "/epoch", "is missing"),
    (["layers": ["hidden"], "unfreeze_at": 3], "", "expected an object"),
    (
      ["layers": ["hidden"], "unfreeze_at": ["epoch": 2, "step": 9]], "/step", "contradicts epoch"
    ),
    (
      ["layers": ["hidden"], "unfreeze_at": ["epochs": 2]], "/epoch",
      "is missing; say when the group begins to move"
    ),
  ]

  @Test("a time that never comes, or is none, is a fault of the body", arguments: faults)
  func refuses(group: JSON, member: String, words: String) throws {
    let faults = #expect(throws: Faults.self) { try train(optimizer(Self.adam, [group])) }
    let pointer = "/optimizer/groups/0/unfreeze_at\(member)"
    let fault = try #require(faults?.all.first { $0.pointer.hasSuffix(pointer) }, "\(faults)")
    #expect(fault.detail.contains(words), "\(fault)")
  }

  @Test("the last step and the last epoch are no faults; frozen may say no")
  func bounds() throws {
    _ = try train(optimizer(Self.adam, [["layers": ["hidden"], "unfreeze_at": ["step": 40]]]))
    _ = try train(
      optimizer(
        Self.adam, [["layers": ["hidden"], "frozen": true, "unfreeze_at": ["epoch": 4]]]))
    let faults = #expect(throws: Faults.self) {
      try train(
        optimizer(
          Self.adam, [["layers": ["hidden"], "frozen": false, "unfreeze_at": ["epoch": 4]]]))
    }
    #expect(faults?.all.map(\.pointer) == ["/optimizer/groups/0/frozen"])
  }
}
