import Autodiff
import Tensors
import Testing

/// What graphs refuse, and how they say so.
@Suite struct TypeRuleTests {
  private func message(_ body: (inout Graph) throws(GraphError) -> Void) -> String {
    var graph = Graph()
    graph.scope = "hidden"
    do throws(GraphError) {
      try body(&graph)
      return "accepted"
    } catch {
      return error.description
    }
  }

  private func code(_ body: (inout Graph) throws(GraphError) -> Void) -> GraphError.Code? {
    var graph = Graph()
    do throws(GraphError) {
      try body(&graph)
      return nil
    } catch {
      return error.code
    }
  }

  @Test("a fault names the layer, the operation, both shapes and the rule")
  func messages() {
    #expect(
      message { graph throws(GraphError) in
        _ = try graph.matmul(graph.parameter("a", [2, 3]), graph.parameter("b", [4, 5]))
      } == """
        layer "hidden": matmul: [2, 3] and [4, 5] don't meet: 3 is not 4; \
        rule: […, M, K] · [K, N] or […, K, N] -> […, M, N]
        """)
    #expect(
      message { graph throws(GraphError) in
        _ = try graph.add(graph.parameter("a", [2, 3]), graph.parameter("b", [4]))
      } == """
        layer "hidden": add: [2, 3] and [4] don't meet; \
        rule: counted from the last, axes are equal or one of them is 1
        """)
    #expect(
      message { graph throws(GraphError) in
        _ = try graph.linear(
          graph.parameter("x", [8, 784]), weight: graph.parameter("w", [10, 783]))
      } == """
        layer "hidden": linear: the input [8, 784] and the weight [10, 783] don't meet: \
        784 is not 783; rule: [N, D] · [units, D]ᵀ + [units] -> [N, units]
        """)
  }

  @Test("a fault carries its code and the shapes of the inputs")
  func parts() {
    var graph = Graph()
    graph.scope = "conv"
    do throws(GraphError) {
      _ = try graph.conv2d(
        graph.parameter("x", [1, 3, 8, 8]), weight: graph.parameter("w", [4, 2, 3, 3]))
      Issue.record("it was accepted")
    } catch {
      #expect(error.code == .shapeMismatch)
      #expect(error.scope == "conv")
      #expect(error.operation == "conv2d")
      #expect(error.shapes == [[1, 3, 8, 8], [4, 2, 3, 3]])
    }
  }

  @Test("composed operations refuse what can't be counted before they calculate with it")
  func composed() {
    let huge: Shape = [1 << 30, 1 << 30, 1 << 30]
    #expect(code { g throws(GraphError) in _ = try g.max(g.parameter("x", huge)) } == .tooLarge)
    #expect(
      code { g throws(GraphError) in _ = try g.product(g.parameter("x", [2, 0])) } == .emptyAxis)
    #expect(
      code { g throws(GraphError) in _ = try g.variance(g.parameter("x", [1]), correction: 1) }
        == .invalidSetting)
    #expect(
      code { g throws(GraphError) in _ = try g.tile(g.parameter("x", huge), times: [2, 2, 2]) }
        == .tooLarge)
    #expect(
      code { g throws(GraphError) in
        _ = try g.pad(g.parameter("x", [2]), before: [1 << 40], after: [0])
      } == .invalidSetting)
    #expect(
      code { g throws(GraphError) in _ = try g.slice(g.parameter("x", [4]), axis: 0, 2..<9) }
        == .axisOutOfRange)
    #expect(
      code { g throws(GraphError) in
        _ = try g.slice(g.parameter("x", [4]), starts: [Int.max], stops: [Int.min], steps: [-1])
      } == .axisOutOfRange)
    #expect(
      code { g throws(GraphError) in
        _ = try g.split(g.parameter("x", [4]), lengths: [3, 3], axis: 0)
      } == .shapeMismatch)
    #expect(
      code { g throws(GraphError) in _ = try g.exp(g.parameter("x", [1, 1, 1, 1, 1, 1, 1, 1, 2])) }
        == .rankMismatch)
  }

  @Test("a value of another graph is refused: no node comes before its inputs")
  func foreignValue() throws {
    var other = Graph()
    for index in 0..<9 { _ = other.parameter("p\(index)", [2]) }
    let foreign = other.parameter("x", [2])
    #expect(code { g throws(GraphError) in _ = try g.exp(foreign) } == .unknownValue)
    #expect(code { g throws(GraphError) in _ = try g.max(foreign) } == .unknownValue)
  }

  @Test("axes that a tensor doesn't have are refused, also by sugar")
  func axes() {
    #expect(
      code { g throws(GraphError) in _ = try g.sum(g.parameter("x", [2, 3]), axes: [2]) }
        == .axisOutOfRange)
    #expect(
      code { g throws(GraphError) in _ = try g.sum(g.parameter("x", [2, 3]), axes: [-3]) }
        == .axisOutOfRange)
    #expect(
      code { g throws(GraphError) in _ = try g.sum(g.parameter("x", [2, 3]), axes: [0, -2]) }
        == .axisOutOfRange)
    #expect(
      code { g throws(GraphError) in _ = try g.transpose(g.parameter("x", [2, 3]), axes: [0, 5]) }
        == .axisOutOfRange)
    #expect(
      code { g throws(GraphError) in _ = try g.transpose(g.parameter("x", [2, 3]), axes: [0]) }
        == .rankMismatch)
    #expect(
      code { g throws(GraphError) in _ = try g.mean(g.parameter("x", [2, 3]), axes: [7]) }
        == .axisOutOfRange)
  }

  @Test("axes of no elements and counts that overflow are refused, never computed with")
  func extents() {
    #expect(code { g throws(GraphError) in _ = try g.exp(g.parameter("x", [2, 0])) } == .emptyAxis)
    #expect(
      code { g throws(GraphError) in _ = try g.exp(g.parameter("x", [2, -1])) } == .emptyAxis)
    #expect(
      code { g throws(GraphError) in _ = try g.exp(g.parameter("x", [1 << 40])) } == .tooLarge)
    let huge = 1 << 30
    #expect(
      code { g throws(GraphError) in _ = try g.exp(g.parameter("x", [huge, huge, huge])) }
        == .tooLarge)
    // The product of outputs that no input has.
    #expect(
      code { g throws(GraphError) in
        _ = try g.add(g.parameter("a", [huge, 1, 1]), g.parameter("b", [1, huge, huge]))
      } == .tooLarge)
    #expect(
      code { g throws(GraphError) in
        _ = try g.reshape(g.parameter("x", [4]), to: [huge, huge, huge])
      } == .shapeMismatch)
    #expect(
      code { g throws(GraphError) in
        _ = try g.linear(g.parameter("x", [0]), weight: g.parameter("w", [1, 0]))
      } == .emptyAxis)
    #expect(throws: GraphError.self) {
      var graph = Graph()
      let value = graph.parameter("x", [1 << 20, 1 << 20, 1 << 20])
      _ = try Plan(graph, outputs: [value])
    }
  }

  @Test("settings out of range are refused")
  func settings() {
    let x: Shape = [1, 2, 8, 8]
    func conv(_ stride: Int, _ padding: Int, _ dilation: Int, _ groups: Int) -> GraphError.Code? {
      code { g throws(GraphError) in
        _ = try g.conv2d(
          g.parameter("x", x), weight: g.parameter("w", [2, 2, 3, 3]), stride: (stride, stride),
          padding: (padding, padding), dilation: (dilation, dilation), groups: groups)
      }
    }
    #expect(conv(1, 0, 1, 1) == nil)
    #expect(conv(0, 0, 1, 1) == .invalidSetting)
    #expect(conv(1, -1, 1, 1) == .invalidSetting)
    #expect(conv(1, 0, Int.max, 1) == .invalidSetting)
    #expect(conv(1, Int.max, 1, 1) == .invalidSetting)
    #expect(conv(1, 0, 4, 1) == .shapeMismatch)
    #expect(conv(1, 0, 1, 0) == .invalidSetting)
    #expect(conv(1, 0, 1, 3) == .invalidSetting)
    #expect(conv(1, 0, 1, 2) == .shapeMismatch)
    #expect(
      code { g throws(GraphError) in
        _ = try g.maxPool2d(g.parameter("x", x), size: (2, 2), padding: (2, 2))
      } == .invalidSetting)
    #expect(
      code { g throws(GraphError) in
        _ = try g.maxPool2d(g.parameter("x", [2, 8, 8]), size: (2, 2))
      } == .rankMismatch)
    for rate in [-0.1, 1, 1.5, Double.nan] {
      #expect(
        code { g throws(GraphError) in
          _ = try g.dropout(g.parameter("x", x), rate: rate, stream: "d")
        } == .invalidSetting)
    }
  }

  @Test("losses want targets that fit the logits")
  func losses() {
    func cross(_ logits: Shape, _ classes: TensorType) -> GraphError.Code? {
      code { g throws(GraphError) in
        _ = try g.softmaxCrossEntropy(
          g.parameter("x", logits), classIndices: g.input("t", classes))
      }
    }
    #expect(cross([4, 3], TensorType([4], .int32)) == nil)
    #expect(cross([2, 4, 3], TensorType([2, 4], .int32)) == nil)
    #expect(cross([4, 3], TensorType([3], .int32)) == .shapeMismatch)
    #expect(cross([4, 3], TensorType([4], .float32)) == .elementMismatch)
    #expect(cross([], TensorType([], .int32)) == .rankMismatch)
    #expect(
      code { g throws(GraphError) in
        _ = try g.meanSquaredError(g.parameter("x", [4]), target: g.input("t", TensorType([4, 1])))
      } == .shapeMismatch)
  }

  @Test("element types aren't mixed")
  func elements() {
    #expect(
      code { g throws(GraphError) in
        _ = try g.add(g.parameter("x", [4]), g.input("t", TensorType([4], .float64)))
      } == .elementMismatch)
    #expect(
      code { g throws(GraphError) in _ = try g.exp(g.input("t", TensorType([4], .int32))) }
        == .elementMismatch)
  }

  @Test("only a scalar has gradients")
  func scalar() {
    #expect(
      code { g throws(GraphError) in
        let x = g.parameter("x", [2])
        _ = try g.gradients(of: x, withRespectTo: [x])
      } == .notScalar)
  }
}
