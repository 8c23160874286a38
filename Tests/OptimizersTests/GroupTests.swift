import Autodiff
import JSON
import Kernels
import Optimizers
import Tensors
import Testing

@Suite struct GroupTests {
  static let matches: [(String, String, Bool)] = [
    ("embedding*", "embedding_2", true), ("embedding*", "embedding", true),
    ("embedding*", "an_embedding", false), ("*.bias", "hidden.bias", true),
    ("*.bias", "hidden.bias2", false), ("a?c", "abc", true), ("a?c", "ac", false),
    ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("", "", true), ("*", "", true),
    ("a*a", "aa", true), ("a*a", "a", false), ("**b", "ab", true), ("été*", "été_1", true),
  ]

  @Test("stars stand for any letters, question marks for one", arguments: matches)
  func patterns(pattern: String, name: String, isMatch: Bool) {
    #expect(NamePattern(pattern).matches(name) == isMatch)
  }

  private struct Setting {
    let parameters: ParameterStore
    let gradients: ParameterStore
    let bound: BoundOptimizer

    init(
      _ optimizer: JSON, treatment: GradientTreatment = GradientTreatment(), stepsPerEpoch: Int = 1
    ) throws {
      let descriptions: [(name: String, shape: Shape)] = [
        ("a.weight", [3, 2]), ("a.bias", [3]), ("b.weight", [2, 3]), ("b.bias", [2]),
      ]
      parameters = ParameterStore(descriptions, element: .float64)
      gradients = ParameterStore(descriptions, element: .float64)
      for index in descriptions.indices {
        let pointer = parameters.pointer(index).assumingMemoryBound(to: Double.self)
        for place in 0..<descriptions[index].shape.count { pointer[place] = 1 / Double(place + 2) }
      }
      bound = BoundOptimizer(
        try OptimizerChoice(optimizer, pointer: "/o"), treatment: treatment, parameters: parameters,
        gradients: gradients, layers: ["a", "a", "b", "b"], stepsPerEpoch: stepsPerEpoch,
        team: ThreadTeam(threads: 1))
    }

    /// Steps with gradients that follow from the step and the place.
    func run(_ steps: Int) -> [[Double]] {
      for step in 1...steps {
        fill(step)
        bound.step(step, learningRate: bound.optimizer.learningRate / Double(step))
      }
      return parameters.shapes.indices.map(values)
    }

    func fill(_ step: Int) {
      for index in gradients.shapes.indices {
        let pointer = gradients.pointer(index).assumingMemoryBound(to: Double.self)
        for place in 0..<gradients.shapes[index].count {
          pointer[place] = Double((place * 7 + step * 3 + index) % 11) / 11 - 0.4
        }
      }
    }

    func values(_ index: Int) -> [Double] {
      OptimizerReferenceTests.read(parameters, index, as: Double.self)
    }
  }

  @Test("a group's parameters move as all would by an optimizer with the group's members")
  func members() throws {
    let all = try Setting(["type": "adamw", "learning_rate": 0.1]).run(6)
    let other = try Setting(
      ["type": "adamw", "learning_rate": 0.02, "beta1": 0.5, "weight_decay": 0]
    ).run(6)
    let grouped = try Setting([
      "type": "adamw", "learning_rate": 0.1,
      "groups": [["layers": ["b"], "learning_rate": 0.02, "beta1": 0.5, "weight_decay": 0]],
    ]).run(6)
    for index in 0..<2 { #expect(grouped[index] == all[index]) }
    for index in 2..<4 {
      for (a, b) in zip(grouped[index], other[index]) { #expect(abs(a - b) < 1e-15) }
    }
  }

  /// Every kind of count and memory that an optimizer has: none, moments, products, a slow copy, a climb.
  static let thawing: [JSON] = [
    ["type": "sgd", "learning_rate": 0.1, "momentum": 0.9],
    ["type": "adam", "learning_rate": 0.1], ["type": "nadam", "learning_rate": 0.1],
    ["type": "radam", "learning_rate": 0.1],
    ["type": "adafactor", "learning_rate": 0.1],
    [
      "type": "lookahead", "steps": 3,
      "optimizer": ["type": "adamw", "learning_rate": 0.1],
    ],
  ]

  @Test(
    "a group that begins to move later stays until then, and then moves as one of an optimizer that begins there",
    arguments: thawing)
  func thaws(optimizer: JSON) throws {
    let begin = 4
    let steps = 9
    let thawing: JSON = .object(
      JSONObject(
        (optimizer.object?.members ?? []).map { ($0.name, $0.value) } + [
          ("groups", [["layers": ["b"], "unfreeze_at": ["step": .integer(begin)]]])
        ]))
    let setting = try Setting(thawing)
    let untouched = try Setting(optimizer)
    // The other layer, and what the group's alone would be with an optimizer that knew nothing of the steps before.
    let all = try Setting(optimizer)
    let fresh = try Setting(optimizer)
    for step in 1...steps {
      for one in [setting, all, fresh] { one.fill(step) }
      setting.bound.step(step, learningRate: 0.1 / Double(step))
      all.bound.step(step, learningRate: 0.1 / Double(step))
      if step >= begin { fresh.bound.step(step - begin + 1, learningRate: 0.1 / Double(step)) }
      for index in 0..<2 { #expect(setting.values(index) == all.values(index)) }
      let wanted = step < begin ? untouched : fresh
      for index in 2..<4 {
        #expect(setting.values(index) == wanted.values(index), "step \(step)")
      }
      #expect(setting.bound.moving == (step < begin ? [0, 1] : [0, 1, 2, 3]))
      #expect((setting.bound.groupRates == [0]) == (step < begin))
    }
  }

  @Test("norms count a group from the step on that moves it, and epochs count by their steps")
  func thawingNorms() throws {
    let clip = GradientTreatment(clip: .norm(0.01))
    let groups: JSON = [["layers": ["b"], "unfreeze_at": ["epoch": 3]]]
    let frozen: JSON = [["layers": ["b"], "frozen": true]]
    let setting = try Setting(
      ["type": "sgd", "learning_rate": 0.1, "groups": groups], treatment: clip, stepsPerEpoch: 2)
    let still = try Setting(
      ["type": "sgd", "learning_rate": 0.1, "groups": frozen], treatment: clip)
    let free = try Setting(["type": "sgd", "learning_rate": 0.1], treatment: clip)
    for step in 1...6 {
      for one in [setting, still, free] {
        one.fill(step)
        one.bound.step(step, learningRate: 0.1)
      }
      #expect(setting.bound.clipFactor == (step < 5 ? still : free).bound.clipFactor)
      #expect(still.bound.clipFactor != free.bound.clipFactor)
    }
  }

  @Test("the first group that names a parameter has it, and a frozen one stays")
  func order() throws {
    let begun = try Setting("sgd")
    let before = begun.parameters.shapes.indices.map {
      OptimizerReferenceTests.read(begun.parameters, $0, as: Double.self)
    }
    let setting = try Setting([
      "type": "sgd", "learning_rate": 0.1,
      "groups": [
        ["parameters": ["*.bias"], "frozen": true], ["layers": ["b"], "learning_rate": 0.05],
      ],
    ])
    let after = setting.run(3)
    #expect(after[1] == before[1] && after[3] == before[3])
    #expect(after[0] != before[0] && after[2] != before[2])
    #expect(setting.bound.groupRates == [0, 0.05 / 3])
    #expect(setting.bound.memory.store.count == 0)
  }

  @Test("what is frozen counts for nothing in the norm that is clipped")
  func frozenNorm() throws {
    let setting = try Setting(
      ["type": "sgd", "groups": [["layers": ["b"], "frozen": true]]],
      treatment: GradientTreatment(clip: .norm(0.1)))
    _ = setting.run(1)
    let squares = (0..<2).reduce(0) { $0 + setting.bound.statistics(of: $1).sumOfSquares }
    #expect(abs(setting.bound.clipFactor - 0.1 / (squares.squareRoot() + 1e-6)) < 1e-12)
  }

  @Test("inside a wrapper a group changes the inner optimizer")
  func inner() throws {
    let choice = try OptimizerChoice(
      [
        "type": "sam", "optimizer": ["type": "lookahead", "optimizer": "adam"],
        "groups": [["layers": ["b"], "learning_rate": 0.5]],
      ], pointer: "")
    #expect(choice.groups[0].optimizer.learningRate == 0.5)
    #expect(choice.base.learningRate == 0.001)
    #expect(choice.groups[0].name == "group_1")
  }

  @Test(
    "bad groups are refused where they stand",
    arguments: [
      ([[:]], ["/o/groups/0/layers"]),
      ([["layers": ["a"], "learning_rat": 1]], ["/o/groups/0/learning_rat"]),
      ([["layers": ["a"], "learning_rate": -1]], ["/o/groups/0/learning_rate"]),
      (
        [["layers": ["a"], "frozen": true, "learning_rate": 1]], ["/o/groups/0/learning_rate"]
      ),
      ([["layers": ["a"], "type": "sgd"]], ["/o/groups/0/type"]),
      (
        [["layers": ["a"], "name": "x"], ["layers": ["b"], "name": "x"]], ["/o/groups/1/name"]
      ),
      ([["layers": ["a"], "name": "a b"]], ["/o/groups/0/name"]),
      ([["layers": []]], ["/o/groups/0/layers"]), ([["layers": [""]]], ["/o/groups/0/layers/0"]),
      ([], ["/o/groups"]), (3, ["/o/groups"]), ([3], ["/o/groups/0"]),
    ] as [(JSON, [String])])
  func refuses(groups: JSON, pointers: [String]) {
    do throws(Faults) {
      _ = try OptimizerChoice(["type": "adam", "groups": groups], pointer: "/o")
      Issue.record("\(groups) was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == pointers)
    }
  }

  @Test("a group that matches nothing is a fault with near names")
  func unmatched() throws {
    let choice = try OptimizerChoice(
      [
        "type": "adam",
        "groups": [
          ["layers": ["hiden*"]], ["layers": ["hidden", "output"]], ["parameters": ["output.*"]],
        ],
      ], pointer: "")
    let faults = choice.faults(
      [("hidden", "hidden.weight"), ("output", "output.weight")], pointer: "/optimizer")
    #expect(
      faults.all.map(\.pointer) == ["/optimizer/groups/0/layers/0", "/optimizer/groups/2"])
    #expect(faults.all[0].detail.contains("did you mean \"hidden\"?"))
    #expect(faults.all[0].detail.hasSuffix("there are: hidden, output"))
  }

  @Test("a rate of 0 has no groups beside it")
  func noRate() {
    do throws(Faults) {
      _ = try OptimizerChoice(
        ["type": "sgd", "learning_rate": 0, "groups": [["layers": ["a"], "learning_rate": 1]]],
        pointer: "/o")
      Issue.record("was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == ["/o/learning_rate"])
    }
  }
}
