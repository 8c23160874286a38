import JSON
import NeuralNetworks
import Testing

@Suite struct SpecFaultTests {
  /// A bad spec and its faults: the pointer, and a part of the detail, in the order of the document.
  struct Case: CustomTestStringConvertible {
    let name: String
    let spec: String
    let faults: [(pointer: String, detail: String)]
    var testDescription: String { name }
  }

  private static func layers(_ layers: String, shape: String = "[4]") -> String {
    #"{"input":{"shape":\#(shape)},"layers":[\#(layers)]}"#
  }

  static let document: [Case] = [
    Case(name: "no object", spec: "[]", faults: [("", "expected an object, found an array")]),
    Case(
      name: "empty", spec: "{}", faults: [("/input", "is missing"), ("/layers", "is missing")]),
    Case(
      name: "no layers", spec: layers(""),
      faults: [("/layers", "has 0 elements; from 1 to 1000")]),
    Case(
      name: "misspelt members",
      spec: #"{"nane":"x","input":{"shape":[4],"dtipe":"float32"},"layers":[{"type":"flatten"}]}"#,
      faults: [
        ("/input/dtipe", "unknown field (did you mean \"dtype\"?)"),
        ("/nane", "unknown field (did you mean \"name\"?)"),
      ]),
    Case(
      name: "tokens",
      spec: #"{"input":{"shape":[4],"dtype":"int32"},"layers":[{"type":"flatten"}]}"#,
      faults: [
        ("/input/vocabulary", "is missing"),
        ("/layers/0", "the model's input is int32 tokens, and flatten takes numbers"),
      ]),
    Case(
      name: "tokens without an embedding",
      spec:
        #"{"input":{"shape":[4],"dtype":"int32","vocabulary":9},"layers":[{"type":"dense","units":2}]}"#,
      faults: [("/layers/0", "rule: tokens go through an embedding first")]),
    Case(
      name: "an embedding of fewer tokens",
      spec:
        #"{"input":{"shape":[4],"dtype":"int32","vocabulary":9},"layers":[{"type":"embedding","dimensions":2,"vocabulary":8}]}"#,
      faults: [
        ("/layers/0/vocabulary", "has vectors for 8 tokens, and the model's input has 9")
      ]),
    Case(
      name: "shapes that can't be added",
      spec: layers(
        #"{"type":"dense","units":2,"name":"a"},{"type":"dense","units":3,"name":"b","inputs":"input"},{"type":"add","inputs":["a","b"]}"#
      ),
      faults: [("/layers/2/inputs", "the inputs [2] and [3] differ")]),
    Case(
      name: "parameters that don't fit",
      spec: layers(
        #"{"type":"dense","units":2,"name":"a"},{"type":"dense","units":2,"share":"a"},{"type":"dense","units":2,"share":"c"}"#
      ),
      faults: [
        ("/layers/1/share", "those of \"a\" are weight [2, 4], bias [2]"),
        ("/layers/2/share", "there is no layer \"c\""),
      ]),
    Case(
      name: "heads that don't divide",
      spec: layers(
        #"{"type":"multi_head_attention","heads":3},{"type":"lstm","units":2},{"type":"transformer_block","heads":2}"#,
        shape: "[5, 4]"),
      faults: [
        ("/layers/0/heads", "the input [5, 4] has 4 features, which 3 heads don't divide")
      ]),
    Case(
      name: "bad input",
      spec: #"{"input":{"shape":[0,"a",2.5],"dtype":"float16"},"layers":[{"type":"flatten"}]}"#,
      faults: [
        ("/input/shape/0", "0 is out of range; from 1"),
        ("/input/shape/1", "expected an integer, found a string"),
        ("/input/shape/2", "expected an integer, found a number"),
        ("/input/dtype", "\"float16\" is unknown"),
      ]),
    Case(
      name: "input of 2^60 elements",
      spec: layers(#"{"type":"flatten"}"#, shape: "[1048576,1048576,1048576]"),
      faults: [("/input/shape", "has more than 268435456 elements")]),
    Case(
      name: "input of seven axes", spec: layers(#"{"type":"flatten"}"#, shape: "[1,1,1,1,1,1,1]"),
      faults: [("/input/shape", "has 7 elements; from 1 to 6")]),
    Case(
      name: "name that is no string",
      spec: #"{"name":3,"input":{"shape":[4]},"layers":[{"type":"flatten"}]}"#,
      faults: [("/name", "expected a string, found an integer")]),
  ]

  static let fields: [Case] = [
    Case(
      name: "unknown layer, near a known one", spec: layers(#"{"type":"dence","units":3}"#),
      faults: [("/layers/0/type", "\"dence\" is unknown (did you mean \"dense\"?); one of: dense")]),
    Case(
      name: "layer without type", spec: layers(#"{"units":3}"#),
      faults: [("/layers/0/type", "is missing")]),
    Case(
      name: "layer that is a name", spec: layers(#""flatten""#),
      faults: [("/layers/0", "expected an object, found a string")]),
    Case(
      name: "dense without units, with a misspelt field",
      spec: layers(#"{"type":"dense","unit":3}"#),
      faults: [
        ("/layers/0/units", "is missing"),
        ("/layers/0/unit", "unknown field (did you mean \"units\"?)"),
      ]),
    Case(
      name: "10^12 units", spec: layers(#"{"type":"dense","units":1000000000000}"#),
      faults: [("/layers/0/units", "1000000000000 is out of range; from 1 to 65536")]),
    Case(
      name: "no units", spec: layers(#"{"type":"dense","units":0}"#),
      faults: [("/layers/0/units", "0 is out of range")]),
    Case(
      name: "half a unit", spec: layers(#"{"type":"dense","units":0.5}"#),
      faults: [("/layers/0/units", "expected an integer, found 0.5")]),
    Case(
      name: "negative dropout", spec: layers(#"{"type":"dropout","rate":-0.5}"#),
      faults: [("/layers/0/rate", "-0.5 is out of range; from 0.0 to 0.999")]),
    Case(
      name: "dropout of everything", spec: layers(#"{"type":"dropout","rate":1}"#),
      faults: [("/layers/0/rate", "1.0 is out of range")]),
    Case(
      name: "unknown activation", spec: layers(#"{"type":"dense","units":3,"activation":"rely"}"#),
      faults: [("/layers/0/activation", "\"rely\" is unknown (did you mean \"relu\"?)")]),
    Case(
      name: "activation's parameter",
      spec: layers(#"{"type":"activation","activation":{"type":"leaky_relu","slop":0.1}}"#),
      faults: [("/layers/0/activation/slop", "unknown field (did you mean \"slope\"?)")]),
    Case(
      name: "activation's range",
      spec: layers(#"{"type":"activation","activation":{"type":"elu","alpha":-1}}"#),
      faults: [("/layers/0/activation/alpha", "-1.0 is out of range")]),
    Case(
      name: "activation layer without one", spec: layers(#"{"type":"activation"}"#),
      faults: [("/layers/0/activation", "is missing")]),
    Case(
      name: "initializers",
      spec: layers(
        """
        {"type":"dense","units":3,"initializer":"he_unform",
         "bias_initializer":{"type":"uniform","low":2,"high":1}}
        """),
      faults: [
        ("/layers/0/initializer", "(did you mean \"he_uniform\"?)"),
        ("/layers/0/bias_initializer/low", "2.0 is above high, which is 1.0"),
      ]),
    Case(
      name: "bias that is no boolean", spec: layers(#"{"type":"dense","units":3,"bias":1}"#),
      faults: [("/layers/0/bias", "expected true or false, found an integer")]),
    Case(
      name: "conv2d's pairs",
      spec: layers(
        """
        {"type":"conv2d","filters":4,"kernel":[3,3,3],"stride":0,"padding":[1,"a"],"dilation":"x"}
        """, shape: "[1,8,8]"),
      faults: [
        ("/layers/0/kernel", "has 3 elements; from 2 to 2"),
        ("/layers/0/stride", "0 is out of range"),
        ("/layers/0/dilation", "expected an integer, found a string"),
        ("/layers/0/padding", "expected a pair of integers, found a string at index 1"),
      ]),
    Case(
      name: "padding by an unknown word",
      spec: layers(
        #"{"type":"conv2d","filters":4,"kernel":3,"padding":"sam"}"#, shape: "[1,8,8]"),
      faults: [("/layers/0/padding", "\"sam\" is unknown (did you mean \"same\"?)")]),
    Case(
      name: "same padding with a stride",
      spec: layers(
        """
        {"type":"conv2d","filters":4,"kernel":3,"padding":"same","stride":2}
        """, shape: "[1,8,8]"),
      faults: [
        ("/layers/0/padding", "needs stride 1, and the stride is [2, 2]")
      ]),
    Case(
      name: "groups that don't divide the filters",
      spec: layers(#"{"type":"conv2d","filters":4,"kernel":3,"groups":3}"#, shape: "[3,8,8]"),
      faults: [("/layers/0/groups", "3 groups don't divide 4 filters")]),
    Case(
      name: "softmax in a convolution",
      spec: layers(
        #"{"type":"conv2d","filters":4,"kernel":3,"activation":"softmax"}"#, shape: "[1,8,8]"),
      faults: [("/layers/0/activation", "softmax works on the last axis")]),
    Case(
      name: "pooling's padding over half its size",
      spec: layers(#"{"type":"max_pool2d","size":2,"padding":2}"#, shape: "[1,8,8]"),
      faults: [("/layers/0/padding", "[2, 2] is more than half the size [2, 2]")]),
  ]

  static let shapes: [Case] = [
    Case(
      name: "convolution of a vector", spec: layers(#"{"type":"conv2d","filters":4,"kernel":3}"#),
      faults: [
        (
          "/layers/0",
          """
          layer "conv2d_0" (conv2d): the input [4] has 1 axes; conv2d needs the 3 of [C, H, W]; \
          rule: [C, H, W] -> [filters, H', W']
          """
        )
      ]),
    Case(
      name: "kernel larger than the image",
      spec: layers(
        #"{"type":"conv2d","name":"stem","filters":4,"kernel":5,"padding":[0,1]}"#, shape: "[2,4,9]"
      ),
      faults: [
        (
          "/layers/0/kernel",
          """
          layer "stem" (conv2d): a window of [5, 5] with dilation [1, 1] doesn't fit the input \
          [2, 4, 9] with padding [0, 1]; the output would be [4, 0, 7]; \
          rule: output = floor((input + 2 padding - dilation (size - 1) - 1) / stride) + 1, at least 1
          """
        )
      ]),
    Case(
      name: "groups that don't divide the channels",
      spec: layers(#"{"type":"conv2d","filters":4,"kernel":3,"groups":2}"#, shape: "[3,8,8]"),
      faults: [("/layers/0/groups", "2 groups don't divide the 3 channels of the input [3, 8, 8]")]),
    Case(
      name: "pooling after flatten",
      spec: layers(#"{"type":"flatten"},{"type":"max_pool2d","size":2}"#, shape: "[1,8,8]"),
      faults: [("/layers/1", "the input [64] has 1 axes; max_pool2d needs the 3 of [C, H, W]")]),
    Case(
      name: "pooling an image away",
      spec: layers(
        Array(repeating: #"{"type":"max_pool2d","size":2}"#, count: 4).joined(separator: ","),
        shape: "[1,8,8]"),
      faults: [("/layers/3/size", "doesn't fit the input [1, 1, 1]")]),
    Case(
      name: "faults of fields and of shapes at once",
      spec: layers(
        """
        {"type":"conv2d","filters":4,"kernel":3,"activation":"rely"},
        {"type":"conv2d","filters":4,"kernel":7},
        {"type":"dense","units":3},
        {"type":"dense","units":-3},
        {"type":"conv2d","filters":4,"kernel":3,"colour":"red"}
        """, shape: "[1,8,8]"),
      faults: [
        ("/layers/0/activation", "\"rely\" is unknown"),
        ("/layers/1/kernel", "doesn't fit the input [4, 6, 6]"),
        ("/layers/3/units", "-3 is out of range"), ("/layers/4/colour", "unknown field"),
      ]),
    Case(
      name: "too many parameters",
      spec: layers(
        """
        {"type":"dense","units":65536},{"type":"dense","units":10000},
        {"type":"dense","units":65536},{"type":"dense","units":10}
        """),
      faults: [
        (
          "/layers/2",
          """
          need a weight of [65536, 10000], after 655697680 elements in the parameters before it; \
          rule: at most 1073741824 elements in all parameters
          """
        )
      ]),
    Case(
      name: "too large an output",
      spec: layers(#"{"type":"dense","units":65536}"#, shape: "[1048576, 1]"),
      faults: [("/layers/0", "gives an output of [1048576, 65536]; rule: at most 268435456")]),
  ]

  static let wiring: [Case] = [
    Case(
      name: "a name twice",
      spec: layers(
        """
        {"type":"dense","units":3,"name":"a"},{"type":"dense","units":3,"name":"a"},
        {"type":"dense","units":3,"name":"dense_3"},{"type":"dense","units":3}
        """),
      faults: [
        ("/layers/1/name", "the name \"a\" is already that of layer 0"),
        ("/layers/3", "the name \"dense_3\" is already that of layer 2"),
      ]),
    Case(
      name: "names that are none",
      spec: layers(
        """
        {"type":"flatten","name":"input"},{"type":"flatten","name":"a.b"},
        {"type":"flatten","name":""},{"type":"flatten","name":5}
        """),
      faults: [
        ("/layers/0/name", "the name of the model's input"), ("/layers/1/name", "\"a.b\" isn't"),
        ("/layers/2/name", "isn't 1 to 64"), ("/layers/3/name", "expected a string"),
      ]),
    Case(
      name: "inputs that aren't there, or are the layer itself",
      spec: layers(
        """
        {"type":"dense","units":3,"name":"first"},
        {"type":"dense","units":3,"inputs":"frist"},
        {"type":"dense","units":3,"name":"last","inputs":["last"]}
        """),
      faults: [
        ("/layers/1/inputs", "there is no layer \"frist\" (did you mean \"first\"?)"),
        ("/layers/2/inputs", "in a cycle: last -> last; rule"),
      ]),
    Case(
      name: "too many and too few inputs",
      spec: layers(
        """
        {"type":"flatten","name":"a"},{"type":"flatten","inputs":["a","input"]},
        {"type":"flatten","inputs":[]},{"type":"flatten","inputs":[3]},{"type":"flatten","inputs":3}
        """),
      faults: [
        ("/layers/1/inputs", "flatten takes 1 input, found 2"),
        ("/layers/2/inputs", "flatten takes 1 input, found 0"),
        ("/layers/3/inputs", "expected the name of a layer, found an integer"),
        ("/layers/4/inputs", "expected an array, found an integer"),
      ]),
    Case(
      name: "a layer nothing takes",
      spec: layers(
        """
        {"type":"dense","units":3,"name":"a"},{"type":"dense","units":2,"name":"b"},
        {"type":"dense","units":1,"inputs":["a"]}
        """),
      faults: [("/layers/1", "nothing takes the output of layer \"b\"")]),
  ]

  @Test(
    "every fault of a spec is named where it stands", arguments: document + fields + shapes + wiring
  )
  func names(bad: Case) throws {
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

  @Test("pointers begin where the spec stands in its document")
  func prefixes() throws {
    let json = try JSON(parsing: Self.layers(#"{"type":"dense"}"#))
    do throws(Faults) {
      _ = try ModelSpec(json, pointer: "/model")
      Issue.record("the spec was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == ["/model/layers/0/units"])
    }
  }

  @Test("1,000 layers are read and 1,001 are not")
  func limitsLayers() throws {
    func spec(_ count: Int) throws -> JSON {
      let layer = #"{"type":"activation","activation":"relu"}"#
      return try JSON(
        parsing: Self.layers(Array(repeating: layer, count: count).joined(separator: ",")))
    }
    #expect(try ModelSpec(spec(1000)).layers.count == 1000)
    #expect(throws: Faults.self) { try ModelSpec(spec(1001)) }
  }
}
