import Kernels
import Tensors

/// A tensor where it lies.
public struct Operand: @unchecked Sendable {
  public let pointer: UnsafeMutableRawPointer
  public let type: TensorType

  public var shape: Shape { type.shape }
  public var count: Int { type.shape.count }
}

/// What a primitive emits its kernel calls with: where its inputs and outputs lie.
public struct Lowering {
  public let inputs: [Operand]
  public let output: Operand
  /// `nil` when nothing reads the second output.
  public let auxiliary: Operand?
  private let scratch: UnsafeMutableRawPointer?
  private(set) var calls: [KernelCall] = []

  init(
    inputs: [Operand], output: Operand, auxiliary: Operand?, workspace: UnsafeMutableRawPointer?
  ) {
    self.inputs = inputs
    self.output = output
    self.auxiliary = auxiliary
    scratch = workspace
  }

  /// The same with the first inputs alone, and nothing emitted yet.
  func keeping(inputs count: Int) -> Lowering {
    Lowering(
      inputs: Array(inputs.prefix(count)), output: output, auxiliary: auxiliary, workspace: scratch)
  }

  public func input(_ index: Int) -> Operand { inputs[index] }

  /// The scratch memory that `workspaceBytes` asked for.
  public var workspace: UnsafeMutableRawPointer {
    // A primitive that asks for none gets a pointer that it doesn't use.
    scratch ?? output.pointer
  }

  public var element: ElementType { output.type.element }

  public mutating func emit(_ call: KernelCall) { calls.append(call) }
}
