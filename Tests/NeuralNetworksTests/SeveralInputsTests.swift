import JSON
import NeuralNetworks
import Testing

@Suite struct SeveralInputsTests {
  static let spec: JSON = [
    "inputs": [
      "picture": ["shape": [1, 4, 4]],
      "words": ["shape": [6], "dtype": "int32", "vocabulary": 20],
    ],
    "layers": [
      ["type": "flatten", "inputs": "picture"],
      ["type": "dense", "units": 4, "name": "seen"],
      ["type": "embedding", "dimensions": 3, "inputs": ["words"], "name": "read"],
      ["type": "flatten", "name": "flat"],
      ["type": "concat", "inputs": ["seen", "flat"], "name": "both"],
      ["type": "dense", "units": 2, "name": "head_a"],
      ["type": "dense", "units": 5, "name": "head_b", "inputs": "both", "activation": "softmax"],
    ],
    "outputs": ["head_b", "head_a", "seen"],
  ]

  private func faults(_ members: (inout JSONObject) -> Void) throws -> [String: String] {
    guard case .object(var object) = Self.spec else { return [:] }
    members(&object)
    do throws(Faults) {
      _ = try ModelSpec(.object(object))
    } catch {
      return Dictionary(error.all.map { ($0.pointer, $0.detail) }) { first, _ in first }
    }
    return [:]
  }

  @Test("inputs and outputs by their names, in the document's order")
  func names() throws {
    let model = try Model(ModelSpec(Self.spec))
    #expect(model.inputs.map(\.name) == ["picture", "words"])
    #expect(model.inputs.map(\.vocabulary) == [nil, 20])
    #expect(model.outputs.map(\.name) == ["head_b", "head_a", "seen"])
    #expect(model.outputs.map(\.shape) == [[5], [2], [4]])
    #expect(model.outputs[0].finalActivation == Activation(kind: .softmax))
    #expect(model.parameters.map(\.name).contains("read.weight"))
  }

  @Test("the canonical document makes the same model again")
  func roundTrip() throws {
    let spec = try ModelSpec(Self.spec)
    let again = try ModelSpec(spec.json)
    #expect(again.json == spec.json)
    #expect(again.outputs == spec.outputs)
    #expect(again.layers.map(\.sources) == spec.layers.map(\.sources))
    // One input by a name of its own keeps it.
    let named = try ModelSpec([
      "inputs": ["x": ["shape": [3]]], "layers": [["type": "dense", "units": 1]],
    ])
    #expect(named.json["inputs"]?["x"] != nil)
    #expect(try ModelSpec(named.json).inputs.map(\.name) == ["x"])
  }

  @Test("input and inputs contradict each other; inputs need members of plain names")
  func inputFaults() throws {
    var found = try faults { $0["input"] = ["shape": [3]] }
    #expect(found["/inputs"]?.contains("contradicts") == true)
    found = try faults { $0["inputs"] = .object(JSONObject()) }
    #expect(found["/inputs"]?.contains("no members") == true)
    found = try faults { $0["inputs"] = 3 }
    #expect(found["/inputs"]?.contains("expected an object") == true)
    found = try faults { $0["inputs"] = ["a b": ["shape": [3]], "words": ["shape": [0]]] }
    #expect(found["/inputs/a b"]?.contains("letters") == true)
    #expect(found["/inputs/words/shape/0"]?.contains("out of range") == true)
    let many = (0..<33).map { ("i\($0)", ["shape": [1]] as JSON) }
    found = try faults { $0["inputs"] = .object(JSONObject(many)) }
    #expect(found["/inputs"]?.contains("33") == true)
  }

  @Test("layers name inputs that there are, and the first one says which")
  func sourceFaults() throws {
    var found = try faults {
      $0["layers"] = [
        ["type": "flatten"], ["type": "dense", "units": 2, "inputs": "pictures"],
        ["type": "dense", "units": 2, "inputs": "words"],
        ["type": "dense", "units": 2, "name": "words", "inputs": "picture"],
      ]
      $0["outputs"] = nil
    }
    #expect(found["/layers/0/inputs"]?.contains("picture, words") == true)
    #expect(found["/layers/1/inputs"]?.contains("\"picture\"") == true)
    #expect(found["/layers/2"]?.contains("embedding") == true)
    #expect(found["/layers/3/name"]?.contains("one of the model's inputs") == true)
    found = try faults {
      $0["layers"] = [["type": "flatten", "inputs": "picture"]]
      $0["outputs"] = nil
    }
    #expect(found["/inputs/words"]?.contains("no layer takes") == true)
  }

  @Test("outputs are layers, each once, and what is no output must be taken")
  func outputFaults() throws {
    var found = try faults { $0["outputs"] = ["head_c", "head_a", "head_a", "words", 3] }
    #expect(found["/outputs/0"]?.contains("did you mean") == true)
    #expect(found["/outputs/2"]?.contains("already") == true)
    #expect(found["/outputs/3"]?.contains("is an input") == true)
    #expect(found["/outputs/4"]?.contains("expected the name") == true)
    found = try faults { $0["outputs"] = [] }
    #expect(found["/outputs"]?.contains("from 1 to 32") == true)
    found = try faults { $0["outputs"] = 3 }
    #expect(found["/outputs"]?.contains("expected a list") == true)
    found = try faults { $0["outputs"] = ["head_a"] }
    #expect(found["/layers/6"]?.contains("none of the model's outputs") == true)
    found = try faults { $0["outputs"] = nil }
    #expect(found["/layers/5"]?.contains("only the last layer's output") == true)
  }
}
