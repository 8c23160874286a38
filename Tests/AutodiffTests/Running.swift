import Autodiff
import Kernels
import Tensors

/// Runs a plan once and reads its outputs.
func run(
  _ plan: Plan, graph: Graph, contents: [Value: Tensor], threads: Int = 1
) throws -> [[Double]] {
  let executor = try Executor(plan: plan, bindings: [:], team: ThreadTeam(threads: threads))
  write(contents, to: executor)
  executor.run()
  return plan.outputs.map { read($0, of: graph, from: executor) }
}

func write(_ contents: [Value: Tensor], to executor: Executor) {
  for (value, tensor) in contents {
    guard let place = executor.place(of: value) else { continue }
    tensor.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
    }
  }
}

func read(_ value: Value, of graph: Graph, from executor: Executor) -> [Double] {
  let type = graph.type(of: value)
  let bytes = UnsafeRawBufferPointer(
    start: executor.pointer(to: value), count: type.byteCount)
  switch type.element {
  case .float64: return Array(bytes.bindMemory(to: Double.self))
  case .float32: return bytes.bindMemory(to: Float.self).map(Double.init)
  case .int32: return bytes.bindMemory(to: Int32.self).map(Double.init)
  case .uint8: return bytes.map(Double.init)
  }
}
