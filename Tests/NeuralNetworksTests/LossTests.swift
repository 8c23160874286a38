import JSON
import NeuralNetworks
import Tensors
import Testing

@Suite struct LossTests {
  private func encoding(_ loss: String, _ output: Shape, _ target: LossTarget) throws -> String {
    let loss = try LossCatalog.decode(.string(loss), pointer: "/loss")
    do throws(ShapeFault) {
      return switch try loss.encoding(output: output, target: target) {
      case .classIndices: "classIndices"
      case .classNumber: "classNumber"
      case .oneHot: "oneHot"
      case .values: "values"
      case .numbers(let shape): "numbers \(shape)"
      }
    } catch {
      return "refused"
    }
  }

  @Test("each loss takes the targets that fit its output")
  func encodings() throws {
    #expect(try encoding("cross_entropy", [10], .classes(10)) == "classIndices")
    #expect(try encoding("cross_entropy", [12], .classes(10)) == "classIndices")
    #expect(try encoding("cross_entropy", [9], .classes(10)) == "refused")
    #expect(try encoding("cross_entropy", [1], .classes(1)) == "refused")
    #expect(try encoding("cross_entropy", [3, 10], .classes(10)) == "refused")
    #expect(try encoding("cross_entropy", [3, 10], .classes(10, shape: [3])) == "classIndices")
    #expect(try encoding("cross_entropy", [4, 10], .classes(10, shape: [3])) == "refused")
    #expect(try encoding("cross_entropy", [3], .vector([3])) == "values")
    #expect(try encoding("cross_entropy", [2, 3], .vector([2, 3])) == "values")
    #expect(try encoding("cross_entropy", [3], .vector([4])) == "refused")
    #expect(try encoding("cross_entropy", [1], .vector([1])) == "refused")
    #expect(try encoding("binary_cross_entropy", [1], .classes(2)) == "classNumber")
    #expect(try encoding("bce", [2], .classes(2)) == "oneHot")
    #expect(try encoding("bce", [1], .classes(3)) == "refused")
    #expect(try encoding("bce", [2, 3], .vector([2, 3])) == "values")
    #expect(try encoding("mse", [4], .vector([4])) == "values")
    #expect(try encoding("mse", [4], .vector([5])) == "refused")
    #expect(try encoding("mean_squared_error", [5], .classes(5)) == "oneHot")
    #expect(try encoding("gaussian_nll", [4], .vector([2])) == "numbers [2]")
    #expect(try encoding("gaussian_nll", [3, 2], .vector([3, 1])) == "numbers [3, 1]")
    #expect(try encoding("gaussian_nll", [3], .vector([2])) == "refused")
    #expect(try encoding("gaussian_nll", [2], .classes(2)) == "refused")
    #expect(try encoding("gamma_nll", [2], .vector([2])) == "values")
    #expect(try encoding("gamma_nll", [2], .classes(2)) == "refused")
    #expect(try encoding("kl_divergence", [3], .vector([3])) == "values")
    #expect(try encoding("kl_divergence", [3], .classes(3)) == "oneHot")
    #expect(try encoding("kl_divergence", [1], .classes(2)) == "refused")
    #expect(try encoding("cosine", [3], .vector([3])) == "values")
    #expect(try encoding("cosine", [1], .vector([1])) == "refused")
    #expect(try encoding("dice", [8, 8], .vector([8, 8])) == "values")
    #expect(try encoding("dice", [8, 8, 3], .classes(3, shape: [8, 8])) == "oneHot")
    #expect(try encoding("triplet", [16], .classes(1000)) == "classNumber")
    #expect(try encoding("triplet", [4, 4], .classes(3)) == "refused")
    #expect(try encoding("contrastive", [16], .vector([1])) == "refused")
    #expect(try encoding("supervised_contrastive", [16], .classes(3, shape: [2])) == "refused")
    #expect(try encoding("ctc", [20, 5], .classes(5, shape: [4])) == "classIndices")
    #expect(try encoding("ctc", [3, 5], .classes(5, shape: [4])) == "refused")
    #expect(try encoding("ctc", [20, 4], .classes(5, shape: [4])) == "refused")
    #expect(try encoding("ctc", [20, 5], .classes(5)) == "refused")
    #expect(try encoding("ctc", [1 << 20, 5], .classes(5, shape: [1 << 19])) == "refused")
  }

  @Test("a target that doesn't fit is refused with both shapes and the rule")
  func message() throws {
    let loss = try LossCatalog.decode("mse", pointer: "/loss")
    do throws(Faults) {
      try loss.check(output: [4], target: .vector([5]))
      Issue.record("the target was accepted")
    } catch {
      #expect(
        error.all == [
          Fault(
            pointer: "/training/loss",
            detail: """
              mean_squared_error: the model's output is [4], the dataset's target is [5]; \
              rule: output and target have one shape
              """)
        ])
    }
  }

  private func faults(_ json: JSON, _ output: Shape, _ target: LossTarget) -> [Fault] {
    do throws(Faults) {
      try LossCatalog.decode(json, pointer: "/training/loss").check(output: output, target: target)
      return []
    } catch {
      return error.all
    }
  }

  @Test("settings that don't go with output or target are found at their pointers, all at once")
  func settings() {
    let weighted: JSON = ["type": "cross_entropy", "class_weights": [1, 2], "ignore_index": 3]
    #expect(
      faults(weighted, [3], .classes(3)) == [
        Fault(
          pointer: "/training/loss/class_weights",
          detail: """
            cross_entropy: there are 2 weights, the model's output is [3]; \
            rule: output […, K] and K weights
            """),
        Fault(
          pointer: "/training/loss/ignore_index",
          detail: """
            cross_entropy: 3 is out of range: the dataset's classes are from 0 to 2; \
            rule: the index of one of the target's classes, or a negative number
            """),
      ])
    // The output doesn't fit either.
    #expect(
      faults(weighted, [2], .classes(3)).map(\.pointer) == [
        "/training/loss", "/training/loss/ignore_index",
      ])
    let padded: JSON = ["type": "cross_entropy", "ignore_index": -100]
    #expect(faults(padded, [3], .classes(3)).isEmpty)
    #expect(faults(padded, [3], .vector([3])).map(\.pointer) == ["/training/loss/ignore_index"])
    #expect(
      faults(["type": "bce", "pos_weight": [1, 2, 3]], [2], .vector([2])).map(\.pointer) == [
        "/training/loss/pos_weight"
      ])
    #expect(faults(["type": "bce", "pos_weight": [1, 2]], [4, 2], .vector([4, 2])).isEmpty)
    #expect(
      faults(["type": "ctc", "blank": 5], [9, 5], .classes(5, shape: [3])).map(\.pointer) == [
        "/training/loss/blank"
      ])
    #expect(
      faults(["type": "dice", "class_axis": 2], [4, 4], .vector([4, 4])).map(\.pointer) == [
        "/training/loss/class_axis"
      ])
    #expect(
      faults(["type": "kl_divergence", "log_target": true], [3], .classes(3)).map(\.pointer) == [
        "/training/loss/log_target"
      ])
    let quantiles: JSON = ["type": "quantile", "quantile": [0.1, 0.9]]
    #expect(faults(quantiles, [2], .vector([1])).isEmpty)
    #expect(faults(quantiles, [4, 6], .vector([4, 3])).isEmpty)
    #expect(
      faults(quantiles, [3], .vector([1])) == [
        Fault(
          pointer: "/training/loss",
          detail: """
            quantile: the model's output is [3], the dataset's target is [1], and 2 quantiles make \
            2 outputs for each number; rule: output […, 2 D], target […, D]
            """)
      ])
  }

  @Test("settings out of their range are refused, each at its pointer")
  func ranges() {
    func pointers(_ json: JSON) -> [String] { faults(json, [3], .classes(3)).map(\.pointer) }
    func loss(_ type: JSON, _ name: String, _ value: JSON) -> JSON {
      .object(JSONObject([("type", type), (name, value)]))
    }
    let wrong: [(JSON, String, JSON)] = [
      ("cross_entropy", "label_smoothing", 1), ("cross_entropy", "label_smoothing", -0.1),
      ("cross_entropy", "label_smoothing", "0.1"), ("binary_cross_entropy", "label_smoothing", 1),
      ("cross_entropy", "class_weights", []),
      ("cross_entropy", "class_weights", [0, 0, 0]), ("cross_entropy", "class_weights", 2),
      ("cross_entropy", "ignore_index", 3_000_000_000), ("cross_entropy", "ignore_index", 0.5),
      ("bce", "pos_weight", -1), ("bce", "pos_weight", "2"), ("quantile", "quantile", []),
      ("quantile", "quantile", 1), ("quantile", "quantile", "0.5"), ("poisson", "eps", 0),
      ("gaussian_nll", "variance", "std"), ("gaussian_nll", "eps", 0),
      ("gamma_nll", "concentration", 0), ("kl_divergence", "prediction", "softmax"),
      ("dice", "smooth", -1), ("dice", "prediction", "relu"), ("dice", "class_axis", 1000),
      ("triplet", "mining", "semihard"), ("triplet", "margin", -1),
      ("triplet", "distance", "manhattan"), ("contrastive", "margin", -1),
      ("supervised_contrastive", "temperature", 0), ("ctc", "blank", -1),
      ("ctc", "zero_infinity", 1), ("cosine", "margin", 1),
    ]
    for (type, name, value) in wrong {
      #expect(
        pointers(loss(type, name, value)) == ["/training/loss/\(name)"], "\(type) \(name) \(value)")
    }
    #expect(
      pointers(loss("cross_entropy", "class_weights", [1, -1, "2", 3])) == [
        "/training/loss/class_weights/1", "/training/loss/class_weights/2",
      ])
    #expect(
      pointers(loss("quantile", "quantile", [0.5, 1, 2])) == [
        "/training/loss/quantile/1", "/training/loss/quantile/2",
      ])
  }

  @Test("a loss reads back what it writes")
  func configurations() throws {
    let written: [JSON] = [
      "cross_entropy",
      [
        "type": "cross_entropy", "label_smoothing": 0.1, "class_weights": [1, 0.5],
        "ignore_index": -1,
      ],
      ["type": "bce", "pos_weight": 2], ["type": "bce", "pos_weight": [2, 3]],
      ["type": "quantile", "quantile": [0.1, 0.9]], ["type": "quantile", "quantile": 0.9],
      ["type": "poisson", "log_input": false, "full": true],
      ["type": "gaussian_nll", "variance": "value", "full": true],
      ["type": "gamma_nll", "concentration": 3], ["type": "kl_divergence", "log_target": true],
      ["type": "dice", "prediction": "softmax", "class_axis": 0, "squared": false],
      ["type": "triplet", "mining": "batch_all", "soft": true, "distance": "cosine"],
      ["type": "contrastive", "margin": 2], ["type": "supcon", "temperature": 0.2],
      ["type": "ctc", "blank": 3, "zero_infinity": true], "cosine",
    ]
    for json in written {
      let loss = try LossCatalog.decode(json, pointer: "")
      let again = try LossCatalog.decode(loss.json, pointer: "")
      #expect(again.json == loss.json)
      for (name, value) in json.object?.members ?? [] where name != "type" {
        #expect(
          loss.json[name] == value || loss.json[name]?.double == value.double, "\(json) \(name)")
      }
    }
  }

  @Test("losses that take logits refuse a model that ends in their own activation")
  func logits() throws {
    func model(_ activation: String) throws -> Model {
      try Model(
        ModelSpec([
          "input": ["shape": [4]],
          "layers": [["type": "dense", "units": 3, "activation": .string(activation)]],
        ]))
    }
    func refuses(_ loss: JSON, _ activation: String) throws -> Bool {
      let end = try model(activation).finalActivation
      return try LossCatalog.decode(loss, pointer: "").objection(toFinal: end) != nil
    }
    let refused: [(JSON, String)] = [
      ("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid"), ("focal", "sigmoid"),
      ("hinge", "softmax"), ("squared_hinge", "sigmoid"), ("gaussian_nll", "relu"),
      ("gamma_nll", "softmax"), ("kl_divergence", "softmax"),
      (["type": "kl_divergence", "prediction": "log_probabilities"], "softmax"),
      (["type": "kl_divergence", "prediction": "log_probabilities"], "identity"),
      ("dice", "sigmoid"), ("ctc", "softmax"),
    ]
    for (loss, activation) in refused {
      #expect(try refuses(loss, activation), "\(loss) after \(activation)")
      let sound = loss["prediction"] == nil ? "identity" : "log_softmax"
      #expect(try !refuses(loss, sound), "\(loss) after \(sound)")
    }
    #expect(try !refuses("hinge", "tanh"))
    #expect(try !refuses(["type": "dice", "prediction": "probabilities"], "sigmoid"))
    let cross = try LossCatalog.decode("cross_entropy", pointer: "")
    #expect(throws: Faults.self) { try cross.check(model: model("softmax"), target: .classes(3)) }
    #expect(throws: Never.self) { try cross.check(model: model("identity"), target: .classes(3)) }
    let binary = try LossCatalog.decode("binary_cross_entropy", pointer: "")
    #expect(throws: Faults.self) { try binary.check(model: model("sigmoid"), target: .vector([3])) }
    let squared = try LossCatalog.decode("mse", pointer: "")
    #expect(throws: Never.self) { try squared.check(model: model("sigmoid"), target: .vector([3])) }
  }

  @Test("the types of a batch's targets")
  func targetTypes() throws {
    let loss = try LossCatalog.decode("mse", pointer: "")
    func type(_ encoding: TargetEncoding) -> TensorType {
      loss.targetType(batch: 8, output: [3], encoding: encoding)
    }
    #expect(type(.classIndices()) == TensorType([8], .int32))
    #expect(type(.classNumber) == TensorType([8, 1]))
    #expect(type(.oneHot) == TensorType([8, 3]))
    #expect(type(.values) == TensorType([8, 3]))
  }

  @Test("an unknown loss lists those there are")
  func unknown() {
    do throws(Faults) {
      _ = try LossCatalog.decode("crossentropy", pointer: "/training/loss")
      Issue.record("it was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == ["/training/loss"])
      #expect(error.description.contains("(did you mean \"cross_entropy\"?)"))
    }
  }
}
