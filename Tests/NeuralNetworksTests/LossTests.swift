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
    #expect(try encoding("cross_entropy", [3], .vector([3])) == "refused")
    #expect(try encoding("binary_cross_entropy", [1], .classes(2)) == "classNumber")
    #expect(try encoding("bce", [2], .classes(2)) == "oneHot")
    #expect(try encoding("bce", [1], .classes(3)) == "refused")
    #expect(try encoding("bce", [2, 3], .vector([2, 3])) == "values")
    #expect(try encoding("mse", [4], .vector([4])) == "values")
    #expect(try encoding("mse", [4], .vector([5])) == "refused")
    #expect(try encoding("mean_squared_error", [5], .classes(5)) == "oneHot")
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

  @Test("losses that take logits refuse a model that ends in their own activation")
  func logits() throws {
    func model(_ activation: String) throws -> Model {
      try Model(
        ModelSpec([
          "input": ["shape": [4]],
          "layers": [["type": "dense", "units": 3, "activation": .string(activation)]],
        ]))
    }
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
