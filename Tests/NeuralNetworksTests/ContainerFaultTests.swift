import JSON
import NeuralNetworks
import Testing

/// What can be wrong with containers, and with layers that take each other.
@Suite struct ContainerFaultTests {
  private static func layers(_ layers: String, shape: String = "[4]") -> String {
    #"{"input":{"shape":\#(shape)},"layers":[\#(layers)]}"#
  }

  private static func dense(_ name: String, _ more: String = "") -> String {
    #"{"type":"dense","units":4,"name":"\#(name)"\#(more.isEmpty ? "" : ",")\#(more)}"#
  }

  /// `depth` residuals, one in the other, around a layer.
  private static func nested(_ depth: Int) -> String {
    String(repeating: #"{"type":"residual","layers":["#, count: depth) + dense("a")
      + String(repeating: "]}", count: depth)
  }

  static let members: [SpecFaultTests.Case] = [
    .init(
      name: "a container without layers, with none, and with what is no list",
      spec: layers(
        """
        {"type":"residual"},{"type":"repeat","times":2,"layers":[]},
        {"type":"repeat","times":2,"layers":"dense"}
        """),
      faults: [
        ("/layers/0/layers", "is missing"),
        ("/layers/1/layers", "has 0 elements; from 1 to 1000"),
        ("/layers/2/layers", "expected an array, found a string"),
      ]),
    .init(
      name: "members of containers",
      spec: layers(
        """
        {"type":"residual","projection":"yes","layers":[\(dense("a"))],"sharred":true},
        {"type":"residual","projection":true,"shortcut":[\(dense("a"))],"layers":[\(dense("a"))]},
        {"type":"residual","pre_activation":true,"activation":"relu",
         "layers":[{"type":"layer_norm"},\(dense("a"))]},
        {"type":"repeat","layers":[\(dense("a"))]},
        {"type":"repeat","times":0,"shared":1,"layers":[\(dense("a"))]}
        """),
      faults: [
        ("/layers/0/projection", "expected true, false or \"auto\", found \"yes\""),
        ("/layers/0/sharred", "unknown field"),
        ("/layers/1/projection", "the shortcut has layers of its own"),
        ("/layers/2/activation", "applies nothing to its sum"),
        ("/layers/3/times", "is missing"),
        ("/layers/4/times", "0 is out of range; from 1 to 1000"),
        ("/layers/4/shared", "expected true or false, found an integer"),
      ]),
    .init(
      name: "a misspelt container",
      spec: layers(#"{"type":"residul","layers":[]}"#),
      faults: [("/layers/0/type", "\"residul\" is unknown (did you mean \"residual\"?)")]),
    .init(
      name: "a pre-activation that isn't there",
      spec: layers(#"{"type":"residual","pre_activation":true,"layers":[\#(dense("a"))]}"#),
      faults: [("/layers/0/pre_activation", "the layers don't begin with a pre-activation")]),
    .init(
      name: "the faults of layers inside, once for all applications",
      spec: layers(
        """
        {"type":"repeat","times":3,"layers":[
          {"type":"residual","layers":[{"type":"dense","unit":4},{"type":"dens","units":4}]},
          {"type":"dense","units":4,"activation":"rely"}]}
        """),
      faults: [
        ("/layers/0/layers/0/layers/0/units", "is missing"),
        ("/layers/0/layers/0/layers/0/unit", "did you mean \"units\"?"),
        ("/layers/0/layers/0/layers/1/type", "did you mean \"dense\"?"),
        ("/layers/0/layers/1/activation", "did you mean \"relu\"?"),
      ]),
    .init(
      name: "a fault that only the second application has",
      spec: layers(
        #"{"type":"repeat","times":3,"layers":[{"type":"max_pool2d","size":3}]}"#,
        shape: "[1,8,8]"),
      faults: [
        (
          "/layers/0/layers/0/size",
          "layer \"repeat_0.1.max_pool2d_0\" (max_pool2d): a window of [3, 3]"
        )
      ]),
  ]

  static let shapes: [SpecFaultTests.Case] = [
    .init(
      name: "a sum whose sides differ",
      spec: layers(#"{"type":"residual","name":"block","layers":[{"type":"dense","units":5}]}"#),
      faults: [
        (
          "/layers/0/projection",
          """
          layer "block" (residual): the layers give [5], and the input is [4]; rule: the layers give \
          the shape of the input, or "projection" is true or "auto"
          """
        )
      ]),
    .init(
      name: "a shortcut that gives another shape",
      spec: layers(
        """
        {"type":"residual","shortcut":[{"type":"dense","units":6}],"layers":[{"type":"dense","units":5}]}
        """),
      faults: [("/layers/0/shortcut", "the layers give [5], and the shortcut gives [6]")]),
    .init(
      name: "what no projection makes",
      spec: layers(
        """
        {"type":"residual","projection":"auto","layers":[{"type":"flatten"}]},
        {"type":"residual","projection":true,"layers":[{"type":"dense","units":3}]}
        """, shape: "[2,5,5]"),
      faults: [
        (
          "/layers/0/projection",
          "the layers give [50] and the shortcut takes [2, 5, 5], which no projection makes of it"
        )
      ]),
    .init(
      name: "an extent that no stride gives",
      spec: layers(
        #"{"type":"residual","projection":true,"layers":[{"type":"conv2d","filters":2,"kernel":2}]}"#,
        shape: "[2,5,5]"),
      faults: [
        (
          "/layers/0/projection",
          "the layers give [2, 4, 4] and the shortcut takes [2, 5, 5]; no stride makes 4 of 5"
        )
      ]),
    .init(
      name: "one set of parameters for two shapes",
      spec: layers(
        #"{"type":"repeat","name":"r","times":2,"shared":true,"layers":[{"type":"dense","units":3}]}"#
      ),
      faults: [
        (
          "/layers/0/share",
          """
          layer "r@2.dense_0" (dense): the parameters would be weight [3, 3], bias [3], those of \
          "r.dense_0" are weight [3, 4], bias [3]; rule
          """
        )
      ]),
  ]

  static let sizes: [SpecFaultTests.Case] = [
    .init(
      name: "more applications than layers may be, and the faults inside all the same",
      spec: layers(
        #"{"type":"repeat","times":600,"layers":[\#(dense("a")),{"type":"dense","units":0}]}"#),
      faults: [
        ("/layers/0/times", "600 times 2 layers, with 0 before them, are 1200 layers; a model has"),
        ("/layers/0/layers/1/units", "0 is out of range"),
      ]),
    .init(
      name: "times that are out of all range",
      spec: layers(
        #"{"type":"repeat","times":1000000000000,"layers":[\#(dense("a"))]}"#),
      faults: [("/layers/0/times", "1000000000000 is out of range; from 1 to 1000")]),
    .init(
      name: "a thousand times a thousand times a thousand",
      spec: layers(
        """
        {"type":"repeat","times":1000,"layers":[{"type":"repeat","times":1000,"layers":[
          {"type":"repeat","times":1000,"layers":[\(dense("a"))]}]}]}
        """),
      faults: [
        ("/layers/0/times", "1000 times 1000 layers, with 0 before them, are 1000000 layers"),
        ("/layers/0/layers/0/times", "1000 times 1000 layers, with 0 before them"),
      ]),
    .init(
      name: "lists that are too long together",
      spec: layers(
        Array(
          repeating: #"{"type":"repeat","times":300,"layers":[{"type":"flatten"}]}"#, count: 4
        ).joined(separator: ",")),
      faults: [
        ("/layers/3/times", "300 times 1 layers, with 900 before them, are 1200 layers")
      ]),
    .init(
      name: "seventeen containers in each other", spec: layers(nested(17)),
      faults: [
        (
          "/layers" + String(repeating: "/0/layers", count: 17),
          "are in 17 containers; at most 16, one in the other"
        )
      ]),
  ]

  static let names: [SpecFaultTests.Case] = [
    .init(
      name: "names twice in a container, and those that a residual gives",
      spec: layers(
        """
        \(dense("a")),
        {"type":"residual","name":"a","layers":[\(dense("b")),\(dense("b"))]},
        {"type":"residual","layers":[\(dense("shortcut")),\(dense("projection"))]},
        {"type":"repeat","times":2,"layers":[\(dense("input"))]}
        """),
      faults: [
        ("/layers/1/name", "the name \"a\" is already that of layer 0"),
        ("/layers/1/layers/1/name", "the name \"b\" is already that of layer 0"),
        ("/layers/2/layers/0/name", "is the name of what the residual has on its shortcut"),
        ("/layers/2/layers/1/name", "is the name of what the residual has on its shortcut"),
        ("/layers/3/layers/0/name", "\"input\" is the name of what the container takes"),
      ]),
    .init(
      name: "names that aren't known where they're used",
      spec: layers(
        """
        {"type":"residual","name":"block","layers":[\(dense("inner"))]},
        \(dense("x", #""inputs":"inner""#)),
        \(dense("y", #""inputs":"block.iner""#)),
        {"type":"residual","inputs":"blok","layers":[\(dense("z", #""inputs":"innr""#))]},
        {"type":"residual","inputs":["x","y"],"layers":[\(dense("z"))]}
        """),
      faults: [
        ("/layers/1/inputs", "there is no layer \"inner\""),
        ("/layers/2/inputs", "there is no layer \"block.iner\""),
        ("/layers/3/inputs", "there is no layer \"blok\" (did you mean \"block\"?)"),
        ("/layers/3/layers/0/inputs", "there is no layer \"innr\""),
        ("/layers/4/inputs", "residual takes 1 input, found 2"),
      ]),
    .init(
      name: "cycles",
      spec: layers(
        """
        \(dense("a", #""inputs":"c""#)),\(dense("b")),\(dense("c")),
        {"type":"residual","name":"block","inputs":"late","layers":[\(dense("d"))]},
        \(dense("late")),
        {"type":"residual","name":"self","layers":[\(dense("e", #""inputs":"self""#))]},
        {"type":"add","inputs":["c","late","self"]}
        """),
      faults: [
        ("/layers/0/inputs", "in a cycle: a -> b -> c -> a; rule"),
        ("/layers/3/inputs", "in a cycle: block"),
        ("/layers/5/layers/0/inputs", "in a cycle: self.e -> self -> self.e; rule"),
      ]),
    .init(
      name: "a long cycle is cut short",
      spec: layers(
        dense("a", #""inputs":"z""#) + ","
          + (0..<40).map { dense("l\($0)") }.joined(separator: ",") + "," + dense("z")),
      faults: [
        (
          "/layers/0/inputs",
          "a -> l0 -> l1 -> l2 -> l3 -> l4 -> … 32 more … -> l37 -> l38 -> l39 -> z -> a; rule"
        )
      ]),
    .init(
      name: "sharing with what can't be shared with",
      spec: layers(
        """
        \(dense("a")),
        {"type":"residual","name":"block","layers":[\(dense("b"))]},
        {"type":"residual","share":"a","layers":[\(dense("b"))]},
        {"type":"residual","share":"last","layers":[\(dense("b"))]},
        {"type":"residual","share":"blocks","layers":[\(dense("b"))]},
        {"type":"residual","share":"block","layers":[\(dense("c"))]},
        {"type":"residual","share":"block","layers":[{"type":"dense","units":4,"bias":false,"name":"b"}]},
        \(dense("d", #""share":"block""#)),\(dense("e", #""share":"input""#)),
        \(dense("f", #""share":"f""#)),
        {"type":"residual","name":"last","layers":[{"type":"flatten","share":"a"}]}
        """),
      faults: [
        ("/layers/2/share", "\"a\" is no container"),
        ("/layers/3/share", "\"last\" is a container that comes later"),
        ("/layers/4/share", "there is no layer \"blocks\" (did you mean \"block\"?)"),
        (
          "/layers/5/share",
          "layer \"residual_5.c\" (dense): there is no such layer in the container that it shares with"
        ),
        (
          "/layers/6/share",
          "the parameters would be weight [4, 4], those of \"block.b\" are weight"
        ),
        ("/layers/7/share", "\"block\" is a container; name a layer in it"),
        ("/layers/8/share", "\"input\" is the model's input"),
        ("/layers/9/share", "\"f\" is this layer itself"),
        ("/layers/10/layers/0/share", "the parameters would be none, those of \"a\" are weight"),
      ]),
    .init(
      name: "layers inside that nothing takes",
      spec: layers(
        """
        {"type":"residual","layers":[\(dense("a")),\(dense("b", #""inputs":"input""#))]},
        {"type":"repeat","times":2,"layers":[\(dense("a")),\(dense("b", #""inputs":"input""#))]}
        """),
      faults: [
        ("/layers/0/layers/0", "nothing takes the output of layer \"residual_0.a\""),
        ("/layers/1/layers/0", "nothing takes the output of layer \"repeat_1.0.a\""),
      ]),
  ]

  @Test(
    "every fault of containers is named where it stands",
    arguments: members + shapes + sizes + names)
  func faults(bad: SpecFaultTests.Case) throws {
    let json = try JSON(parsing: bad.spec)
    do throws(Faults) {
      _ = try ModelSpec(json)
      Issue.record("the spec was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == bad.faults.map(\.pointer), "\(error)")
      for (found, expected) in zip(error.all, bad.faults) {
        #expect(found.detail.contains(expected.detail))
      }
    }
  }

  @Test("documents of ten thousand layers, names and faults are answered")
  func large() throws {
    func faults(_ layers: [JSON]) throws -> [Fault] {
      do throws(Faults) {
        _ = try ModelSpec(["input": ["shape": [4]], "layers": .array(layers)])
        Issue.record("the spec was accepted")
        return []
      } catch { return error.all }
    }
    let dense: JSON = ["type": "dense", "units": 4]
    let many = try faults(Array(repeating: dense, count: 10_000))
    #expect(many.map(\.pointer) == ["/layers"])
    #expect(many[0].detail == "has 10000 elements; from 1 to 1000")
    let inside: JSON = ["type": "residual", "layers": .array(Array(repeating: dense, count: 900))]
    let opened = try faults([inside, inside])
    #expect(opened.map(\.pointer) == ["/layers/1/layers"])
    #expect(opened[0].detail.contains("more than 1000 layers"))
    // Every name unknown, and each to be compared with all others.
    let lost = try faults(
      (0..<1_000).map { index in
        ["type": "dense", "units": 4, "name": .string("layer\(index)"), "inputs": "nothing"]
      })
    #expect(lost.count == 1_000)
    // What is large stands once in the document, and is applied a thousand times.
    let long = JSON.string(String(repeating: "x", count: 1 << 20))
    let members = JSONObject((0..<20_000).map { ("m\($0)", 1) } + [("type", "flatten")])
    func repeated(_ layer: JSON, name: JSON = "r") -> JSON {
      ["type": "repeat", "name": name, "times": 1_000, "layers": [layer]]
    }
    for (layer, pointers) in [
      (repeated(["type": "flatten", "inputs": long]), ["/layers/0/layers/0/inputs"]),
      (repeated(["type": "flatten"], name: long), ["/layers/0/name"]),
    ] {
      let places = try faults([layer])
      #expect(places.map(\.pointer) == pointers)
      #expect(places.allSatisfy { $0.detail.utf8.count < 300 })
    }
    #expect(try faults([repeated(.object(members))]).count == Faults.limit + 1)
    // Every layer takes every other one, which makes a cycle of each pair.
    let all = (0..<64).map { JSON.string("n\($0)") }
    let tangled = try faults(
      (0..<64).map { ["type": "add", "name": .string("n\($0)"), "inputs": .array(all)] })
    #expect(!tangled.isEmpty && tangled.allSatisfy { $0.detail.contains("cycle") })
  }
}
