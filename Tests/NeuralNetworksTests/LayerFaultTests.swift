import JSON
import NeuralNetworks
import Testing

/// Members and shapes that single layers refuse.
@Suite struct LayerFaultTests {
  /// Layers after an input of this shape, and their faults: the pointer, and a part of the detail.
  struct Case: CustomTestStringConvertible, Sendable {
    let shape: String
    let layers: String
    let faults: [(pointer: String, detail: String)]
    var testDescription: String { layers }

    init(_ shape: String, _ layers: String, _ faults: [(String, String)]) {
      self.shape = shape
      self.layers = layers
      self.faults = faults.map { ("/layers/\($0.0)", $0.1) }
    }
  }

  static let cases: [Case] = [
    Case("[4]", #"{"type":"bilinear","units":3}"#, [("0/inputs", "takes 2 inputs or more")]),
    Case(
      "[3, 4]",
      #"{"type":"global_max_pool1d","name":"a"},{"type":"bilinear","units":3,"inputs":["a","input"]}"#,
      [("1/inputs", "the inputs [4] and [3, 4] differ in more than the last axis")]),
    Case(
      "[3]", #"{"type":"conv2d_transpose","filters":2,"kernel":3}"#,
      [("0", "the input [3] has 1 axes; conv2d_transpose needs the 3 of [C, H, W]")]),
    Case(
      "[3, 4, 4]",
      #"{"type":"conv2d_transpose","filters":4,"kernel":3,"stride":2,"padding":"same","output_padding":[1,2],"groups":3}"#,
      [
        ("0/padding", "expected an integer, found a string"),
        ("0/output_padding", "[1, 2] isn't less than the stride [2, 2] or the dilation [1, 1]"),
        ("0/groups", "3 groups don't divide 4 filters"),
      ]),
    Case(
      "[3, 4, 4]", #"{"type":"conv2d_transpose","filters":4,"kernel":3,"groups":2}"#,
      [("0/groups", "2 groups don't divide the 3 channels of the input [3, 4, 4]")]),
    Case(
      "[3, 2, 4]", #"{"type":"conv2d_transpose","filters":4,"kernel":3,"padding":[2,1]}"#,
      [("0/padding", "the output would be [4, 0, 4]; rule: output = (input - 1) stride")]),
    Case(
      "[3, 2, 4]",
      #"{"type":"upsample2d"},{"type":"upsample2d","scale":[2]},{"type":"upsample2d","scale":[2,"a"]},{"type":"upsample2d","scale":0},{"type":"upsample2d","scale":2,"mode":"cubic"},{"type":"upsample2d","scale":2,"align_corners":true}"#,
      [
        ("0/scale", "is missing"), ("1/scale", "has 1 elements; from 2 to 2"),
        ("2/scale", "expected a pair of numbers, found a string at index 1"),
        ("3/scale", "0.0 is out of range"),
        ("4/mode", "\"cubic\" is unknown; one of: nearest, bilinear"),
        ("5/align_corners", "nearest has no corners to align"),
      ]),
    Case(
      "[3, 2, 4]", #"{"type":"upsample2d","scale":0.3}"#,
      [("0/scale", "a scale of [0.3, 0.3] leaves nothing of the input [3, 2, 4]")]),
    Case(
      "[1048576]",
      #"{"type":"reshape","shape":[1,1024,1024]},{"type":"upsample2d","scale":1000}"#,
      [("1", "gives an output of [1, 1024000, 1024000]; rule: at most 268435456 elements")]),
    Case(
      "[4]", #"{"type":"spatial_dropout"}"#,
      [("0", "the input [4] has 1 axes; dropout is for features; rule: [T, C], [C, H, W]")]),
    Case("[4]", #"{"type":"stochastic_depth"}"#, [("0/rate", "is missing")]),
    Case(
      "[4]", #"{"type":"stochastic_depth","rate":1}"#,
      [("0/rate", "1.0 is out of range; from 0.0 to 0.999")]),
    Case(
      "[4]", #"{"type":"gaussian_noise","std":-1}"#, [("0/std", "-1.0 is out of range; from 0.0")]),
    Case(
      "[9]", #"{"type":"maxout","pieces":1},{"type":"maxout"}"#,
      [("0/pieces", "1 is out of range; from 2")]),
    Case(
      "[9, 2, 2]", #"{"type":"maxout"}"#,
      [("0/pieces", "2 pieces don't divide the 9 channels of the input [9, 2, 2]")]),
    Case(
      "[2, 9]", #"{"type":"glu"}"#,
      [("0", "the input [2, 9] has 9 channels, which two halves don't divide")]),
    Case(
      "[8]", #"{"type":"glu","gate":"softmax"},{"type":"glu","gate":"gleu"}"#,
      [
        ("0/gate", "softmax works on the last axis, and a gate on each element alone"),
        ("1/gate", "\"gleu\" is unknown"),
      ]),
    Case(
      "[8]",
      #"{"type":"dense","units":4,"activation":"maxout"},{"type":"activation","activation":{"type":"glu"}}"#,
      [
        ("0/activation", "\"maxout\" changes the shape, so it's a layer of its own"),
        ("1/activation/type", "\"glu\" changes the shape, so it's a layer of its own"),
      ]),
    Case(
      "[3, 2, 4]", #"{"type":"adaptive_avg_pool1d","size":2}"#,
      [("0", "the input [3, 2, 4] has 3 axes; adaptive_avg_pool1d needs the 2 of [T, C]")]),
    Case(
      "[3, 2, 4, 4]", #"{"type":"adaptive_max_pool3d","size":[2,0]}"#,
      [("0/size", "has 2 elements; from 3 to 3")]),
    Case(
      "[4, 3]", #"{"type":"embedding","dimensions":2}"#,
      [("0", "embedding takes int32 tokens, and its input is numbers; rule: an embedding follows")]),
    Case(
      "[4]", #"{"type":"positional_embedding","kind":"learnt"}"#,
      [("0/kind", "\"learnt\" is unknown (did you mean \"learned\"?)")]),
    Case(
      "[4]", #"{"type":"positional_embedding"}"#,
      [("0", "the input [4] is no sequence; rule: [T, D] -> [T, D]")]),
    Case(
      "[4, 3]", #"{"type":"reshape","shape":[5,-1]}"#,
      [("0/shape", "the input [4, 3] has 12 elements, which don't go into [5, -1]")]),
    Case(
      "[4, 3]", #"{"type":"permute","axes":[2,0,1]}"#,
      [("0/axes", "the input [4, 3] has 2 axes, and axes names 3")]),
    Case(
      "[4, 3]", #"{"type":"slice","axis":2}"#, [("0/axis", "the input [4, 3] has no axis 2")]),
    Case(
      "[4, 3]", #"{"type":"slice","from":3,"to":-2}"#,
      [("0/from", "from 3 to -2 takes nothing of axis 0 of the input [4, 3]")]),
    Case(
      "[4, 3]", #"{"type":"zero_pad2d","padding":1}"#,
      [("0", "the input [4, 3] has 2 axes; zero_pad2d needs the 3 of [C, H, W]")]),
    Case(
      "[4, 3, 3]", #"{"type":"zero_pad2d","padding":[1,2]},{"type":"zero_pad2d","padding":-1}"#,
      [
        ("0/padding", "has 2 elements; from 4 to 4"),
        ("1/padding", "-1 is out of range; from 0 to 1024"),
      ]),
    Case(
      "[4]", #"{"type":"conv1d","filters":2,"kernel":3}"#,
      [("0", "the input [4] has 1 axes; conv1d needs the 2 of [T, C]")]),
    Case(
      "[3, 4, 4]", #"{"type":"conv3d","filters":2,"kernel":[1,2]}"#,
      [("0/kernel", "has 2 elements; from 3 to 3")]),
    Case(
      "[3, 4, 4]", #"{"type":"depthwise_conv2d","kernel":5}"#,
      [("0/kernel", "doesn't fit the input [3, 4, 4]")]),
    Case(
      "[3, 4]", #"{"type":"separable_conv2d","filters":2,"kernel":3}"#,
      [("0", "the input [3, 4] has 2 axes; separable_conv2d needs the 3 of [C, H, W]")]),
    Case(
      "[3, 4, 4]", #"{"type":"separable_conv2d","kernel":3,"multiplier":0}"#,
      [("0/filters", "is missing"), ("0/multiplier", "0 is out of range; from 1 to 1024")]),
    Case(
      "[3, 4]", #"{"type":"avg_pool1d","size":4}"#,
      [("0/size", "a window of [4] with dilation [1] doesn't fit the input [3, 4]")]),
    Case(
      "[3, 4, 4, 4]", #"{"type":"max_pool3d","size":2,"stride":[1,2]}"#,
      [("0/stride", "has 2 elements; from 3 to 3")]),
    Case(
      "[3, 8, 8]",
      #"{"type":"avg_pool2d","size":2,"dilation":2},{"type":"max_pool2d","size":2,"count_include_pad":false}"#,
      [("0/dilation", "unknown field"), ("1/count_include_pad", "unknown field")]),
    Case(
      "[3, 8, 8]", #"{"type":"max_pool2d","size":4,"dilation":3,"ceil_mode":1}"#,
      [
        ("0/ceil_mode", "expected true or false, found an integer")
      ]),
    Case(
      "[3, 8, 8]", #"{"type":"max_pool2d","size":4,"dilation":3}"#,
      [("0/size", "a window of [4, 4] with dilation [3, 3] doesn't fit the input [3, 8, 8]")]),
    Case(
      "[3, 4, 4]", #"{"type":"global_avg_pool1d"}"#,
      [("0", "the input [3, 4, 4] has 3 axes; global_avg_pool1d needs the 2 of [T, C]")]),
    Case(
      "[3, 4, 4]", #"{"type":"global_max_pool3d"}"#,
      [("0", "the input [3, 4, 4] has 3 axes; global_max_pool3d needs the 4 of [C, D, H, W]")]),
    Case(
      "[2, 2, 2, 2, 2]", #"{"type":"batch_norm"}"#,
      [("0", "the input [2, 2, 2, 2, 2] has 5 axes; rule: [C], [T, C], [C, H, W]")]),
    Case(
      "[4]", #"{"type":"batch_norm","momentum":2,"epsilon":-1}"#,
      [
        ("0/epsilon", "-1.0 is out of range"),
        ("0/momentum", "2.0 is out of range; from 0.0 to 1.0"),
      ]
    ),
    Case(
      "[4]", #"{"type":"layer_norm","axes":2}"#,
      [("0/axes", "the input [4] has fewer than 2 axes")]),
    Case(
      "[4, 2, 2]", #"{"type":"group_norm","groups":3}"#,
      [("0/groups", "the input [4, 2, 2] has 4 channels, groups are 3")]),
    Case(
      "[4]", #"{"type":"instance_norm"}"#, [("0", "the input [4] has one number a channel")]),
    Case(
      "[4]", #"{"type":"rms_norm","epsilon":"a"}"#,
      [("0/epsilon", "expected a number, found a string")]),
  ]

  @Test("what a layer can't take is named where it stands", arguments: cases)
  func names(bad: Case) throws {
    let json = try JSON(
      parsing: #"{"input":{"shape":\#(bad.shape)},"layers":[\#(bad.layers)]}"#)
    do throws(Faults) {
      _ = try ModelSpec(json)
      Issue.record("the spec was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == bad.faults.map(\.pointer), "\(error)")
      for (found, expected) in zip(error.all, bad.faults) {
        #expect(found.detail.contains(expected.detail), "\(found)")
      }
    }
  }

  /// A layer with its members, the input's shape, and what it gives.
  static let outputs: [(layer: String, input: String, output: [Int])] = [
    (#"{"type":"conv1d_transpose","filters":5,"kernel":4,"stride":2}"#, "[7, 3]", [16, 5]),
    (
      #"{"type":"conv2d_transpose","filters":5,"kernel":3,"stride":2,"padding":1,"output_padding":1}"#,
      "[3, 14, 7]", [5, 28, 14]
    ),
    (#"{"type":"max_pool2d","size":2,"ceil_mode":true}"#, "[3, 5, 6]", [3, 3, 3]),
    (#"{"type":"max_pool1d","size":3,"stride":1,"dilation":2}"#, "[9, 2]", [5, 2]),
    // A last window would begin beyond the input.
    (
      #"{"type":"avg_pool2d","size":1,"stride":2,"padding":0,"ceil_mode":true}"#, "[1, 4, 5]",
      [1, 2, 3]
    ),
    (
      #"{"type":"avg_pool2d","size":3,"stride":2,"padding":1,"ceil_mode":true}"#, "[1, 4, 5]",
      [1, 3, 3]
    ),
    (#"{"type":"conv2d","filters":2,"kernel":4,"padding":"same"}"#, "[1, 4, 5]", [2, 4, 5]),
    (#"{"type":"upsample2d","scale":[2,1.5]}"#, "[3, 5, 5]", [3, 10, 7]),
    (#"{"type":"maxout","pieces":3}"#, "[12, 5, 5]", [4, 5, 5]),
    (#"{"type":"maxout","pieces":5}"#, "[12, 5]", [12, 1]),
    (#"{"type":"glu"}"#, "[12]", [6]),
    (#"{"type":"glu"}"#, "[12, 4]", [12, 2]),
    (#"{"type":"adaptive_avg_pool1d","size":3}"#, "[10, 4]", [3, 4]),
    (#"{"type":"adaptive_max_pool3d","size":[1,2,3]}"#, "[4, 5, 5, 5]", [4, 1, 2, 3]),
    (#"{"type":"bilinear","units":6,"inputs":["input","input"]}"#, "[2, 3]", [2, 6]),
    (#"{"type":"spatial_dropout"}"#, "[4, 5, 5]", [4, 5, 5]),
  ]

  @Test("shapes follow the catalog's rule, and a spec writes itself back", arguments: outputs)
  func shapes(layer: String, input: String, output: [Int]) throws {
    let json = try JSON(parsing: #"{"input":{"shape":\#(input)},"layers":[\#(layer)]}"#)
    let model = try Model(ModelSpec(json))
    #expect(model.outputShape.dimensions == output)
    #expect(try ModelSpec(model.spec.json).json == model.spec.json)
  }
}
