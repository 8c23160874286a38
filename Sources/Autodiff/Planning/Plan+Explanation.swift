import Kernels
import Tensors

extension Plan {
  /// One kernel call of a run.
  public struct Line: Hashable, Sendable, CustomStringConvertible {
    public let kernel: String
    public let primitive: String
    /// The layer.
    public let scope: String
    /// What the primitive yields.
    public let output: TensorType
    /// Floating-point operations.
    public let flops: Int
    /// Bytes read and written.
    public let bytes: Int
    /// Pieces that threads may run at once.
    public let tiles: Int

    public var description: String {
      "\(scope)/\(primitive) \(kernel) \(output) \(flops) flops \(bytes) bytes \(tiles) tiles"
    }
  }

  /// The kernel calls of a run, in their order.
  public var lines: [Line] {
    // Addresses of nothing: lowering hands pointers on and never reads through them.
    guard let nowhere = UnsafeMutableRawPointer(bitPattern: 1 << 20) else { return [] }
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    for value in expectedBindings { bindings[value] = nowhere }
    return lower(memory, arena: nowhere, bindings: bindings).flatMap { step in
      step.calls.map { call in
        Line(
          kernel: call.name, primitive: step.primitive, scope: step.scope, output: step.output,
          flops: call.flops, bytes: call.bytes, tiles: call.tiles)
      }
    }
  }

  /// A line for each kernel call, and one for the memory.
  public func explain() -> String {
    var text = lines.map { $0.description + "\n" }.joined()
    text += "arena \(arenaBytes) bytes, bound \(boundBytes) bytes\n"
    return text
  }
}
