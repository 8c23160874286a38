import Autodiff
import CAllocationCounter
import Kernels
import Tensors
import Testing

@Suite(.serialized) struct ExecutionTests {
  /// A small CNN with dropout, or a perceptron, with the derivatives of all its parameters.
  private struct Network {
    var graph = Graph()
    var contents: [Value: Tensor] = [:]
    var outputs: [Value] = []

    init(convolutional: Bool, batch: Int) throws {
      var generator = Philox(seed: 11, purpose: "network").generator()
      func floats(_ shape: Shape) -> Tensor {
        Tensor((0..<shape.count).map { _ in Float(generator.uniform() - 0.5) }, shape: shape)
      }
      func parameter(_ name: String, _ shape: Shape) -> Value {
        let value = graph.parameter(name, shape)
        contents[value] = floats(shape)
        return value
      }
      let shape: Shape = convolutional ? [batch, 3, 12, 12] : [batch, 300]
      let x = graph.input("x", TensorType(shape))
      contents[x] = floats(shape)
      var parameters: [Value] = []
      var h = x
      if convolutional {
        parameters = [parameter("c.w", [16, 3, 3, 3]), parameter("c.b", [16])]
        h = try graph.conv2d(x, weight: parameters[0], bias: parameters[1], padding: (1, 1))
        h = try graph.maxPool2d(graph.activation(.relu, h), size: (2, 2))
        h = try graph.reshape(h, to: [batch, 576])
        h = try graph.dropout(h, rate: 0.3, stream: "dropout")
      }
      for (index, units) in [257, 130, 10].enumerated() {
        let width = graph.shape(of: h)[1]
        let w = parameter("w\(index)", [units, width])
        let b = parameter("b\(index)", [units])
        parameters += [w, b]
        h = try graph.linear(h, weight: w, bias: b)
        if units != 10 { h = try graph.activation(index == 0 ? .gelu : .tanh, h) }
      }
      let t = graph.input("t", TensorType([batch], .int32))
      contents[t] = Tensor((0..<batch).map { Int32($0 % 10) }, shape: [batch])
      if let random = graph.random {
        contents[random] = Tensor([5, 0, 1, 0] as [Int32], shape: [4])
      }
      let loss = try graph.softmaxCrossEntropy(h, classIndices: t)
      outputs = [loss, h] + (try graph.gradients(of: loss, withRespectTo: parameters))
    }
  }

  @Test("the bits are the same at any number of threads", arguments: [false, true], [1, 7, 64])
  func threads(convolutional: Bool, batch: Int) throws {
    let network = try Network(convolutional: convolutional, batch: batch)
    let plan = try Plan(network.graph, outputs: network.outputs)
    let expected = try run(plan, graph: network.graph, contents: network.contents, threads: 1)
    #expect(expected[0][0].isFinite && expected[0][0] > 0)
    for threads in [2, 3, 8] {
      let found = try run(
        plan, graph: network.graph, contents: network.contents, threads: threads)
      for (index, (a, b)) in zip(expected, found).enumerated() {
        #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "\(threads) threads, output \(index)")
      }
    }
  }

  @Test(
    "a run allocates nothing", .enabled(if: allocation_is_counted() != 0),
    arguments: [false, true], [1, 2])
  func allocation(convolutional: Bool, threads: Int) throws {
    let network = try Network(convolutional: convolutional, batch: 16)
    let executor = try Executor(
      plan: Plan(network.graph, outputs: network.outputs), bindings: [:],
      team: ThreadTeam(threads: threads))
    write(network.contents, to: executor)
    // BLAS takes its buffers the first time.
    executor.run()
    let before = allocation_count()
    for _ in 0..<100 { executor.run() }
    let after = allocation_count()
    #expect(after == before)
    let block = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8)
    block.deallocate()
    #expect(allocation_count() > after, "the counter counts")
  }

  @Test("an input that is never fed is named with its layer")
  func unfedInput() throws {
    var graph = Graph()
    let x = graph.input("pixels", TensorType([2]))
    graph.scope = "head"
    let mask = graph.input("mask", TensorType([2]))
    let unread = graph.input("unread", TensorType([2]))
    let y = try graph.multiply(x, mask)
    let executor = try Executor(
      plan: Plan(graph, outputs: [y]), bindings: [:], team: ThreadTeam(threads: 1))
    _ = executor.pointer(to: x)
    do throws(GraphError) {
      try executor.checkInputs()
      Issue.record("it was accepted")
    } catch {
      #expect(error.code == .inputNotFed)
      #expect(error.description.contains("layer \"head\""))
      #expect(error.description.contains("\"mask\""))
    }
    _ = executor.pointer(to: mask)
    try executor.checkInputs()
    _ = unread
  }

  @Test("NaN goes through, and isn't hidden by any operation")
  func notANumber() throws {
    var graph = Graph()
    let x = graph.parameter("x", [1, 1, 4, 4])
    let w = graph.parameter("w", [2, 16])
    let t = graph.input("t", TensorType([1], .int32))
    let pooled = try graph.maxPool2d(
      graph.activation(.relu, x), size: (2, 2), stride: (1, 1), padding: (1, 1))
    let flat = try graph.reshape(pooled, to: [1, 25])
    let logits = try graph.linear(
      graph.matmul(
        flat, graph.constant(Tensor([Float](repeating: 1, count: 25 * 16), shape: [25, 16]))),
      weight: w)
    let loss = try graph.softmaxCrossEntropy(logits, classIndices: t)
    let gradients = try graph.gradients(of: loss, withRespectTo: [w])
    let plan = try Plan(graph, outputs: [loss, logits] + gradients)
    var elements = [Float](repeating: 1, count: 16)
    elements[5] = .nan
    let found = try run(
      plan, graph: graph,
      contents: [
        x: Tensor(elements, shape: [1, 1, 4, 4]),
        w: Tensor([Float](repeating: 0.5, count: 32), shape: [2, 16]),
        t: Tensor([0 as Int32], shape: [1]),
      ])
    for values in found { #expect(values.allSatisfy { $0.isNaN }) }
  }

  @Test("a class that isn't there makes the loss NaN, and reads no memory that isn't its own")
  func wrongClass() throws {
    for wrong: Int32 in [-1, 3, .max, .min] {
      var graph = Graph()
      let x = graph.parameter("x", [2, 3])
      let t = graph.input("t", TensorType([2], .int32))
      let loss = try graph.softmaxCrossEntropy(x, classIndices: t)
      let gradients = try graph.gradients(of: loss, withRespectTo: [x])
      let plan = try Plan(graph, outputs: [loss] + gradients)
      let found = try run(
        plan, graph: graph,
        contents: [
          x: Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]),
          t: Tensor([0, wrong], shape: [2]),
        ])
      #expect(found[0][0].isNaN)
    }
  }

  @Test("dropout keeps the mean, and is a function of seed, step and stream")
  func dropout() throws {
    func draw(seed: Int32, step: Int32, stream: String, threads: Int = 1) throws -> [Double] {
      var graph = Graph()
      let x = graph.input("x", TensorType([200, 300]))
      let y = try graph.dropout(x, rate: 0.3, stream: stream)
      let random = try #require(graph.random)
      let plan = try Plan(graph, outputs: [y])
      return try run(
        plan, graph: graph,
        contents: [
          x: Tensor([Float](repeating: 1, count: 60_000), shape: [200, 300]),
          random: Tensor([seed, 0, step, 0], shape: [4]),
        ], threads: threads)[0]
    }
    let first = try draw(seed: 1, step: 1, stream: "a")
    // Six standard deviations of the mean of 60,000 draws: sqrt(0.3 / 0.7 / 60000) is 0.00267.
    #expect(abs(first.reduce(0, +) / 60_000 - 1) < 0.016)
    #expect(Set(first).count == 2)
    #expect(try draw(seed: 1, step: 1, stream: "a", threads: 2) == first)
    #expect(try draw(seed: 2, step: 1, stream: "a") != first)
    #expect(try draw(seed: 1, step: 2, stream: "a") != first)
    #expect(try draw(seed: 1, step: 1, stream: "b") != first)
  }

  @Test("a parameter store's parameters are zeros at first, aligned, and copied as a whole")
  func store() {
    let shapes: [(name: String, shape: Shape)] = [("a", [3, 5]), ("b", [7]), ("c", [])]
    let store = ParameterStore(shapes, element: .float32)
    for index in 0..<3 {
      #expect(Int(bitPattern: store.pointer(index)) % 64 == 0)
      #expect(store.bytes(index).allSatisfy { $0 == 0 })
    }
    #expect(store.bytes(0).count == 60)
    #expect(store.elementCount == 23)
    #expect(store.pointer("b") == store.pointer(1))
    #expect(store.pointer("d") == nil)
    let other = ParameterStore(shapes, element: .float32)
    store.bytes(1).copyBytes(from: (0..<28).map { UInt8($0) })
    other.copy(from: store)
    #expect(Array(other.bytes(1)) == Array(0..<28))
    store.zero()
    #expect(store.bytes(1).allSatisfy { $0 == 0 })
  }
}
