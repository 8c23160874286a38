import CVectorMath
import Tensors

/// The instructions of a program where C reads them, for as long as the kernel lives.
final class ProgramCode: @unchecked Sendable {
  let instructions: UnsafeMutableBufferPointer<vm_instruction>

  init(_ code: [vm_instruction]) {
    instructions = .allocate(capacity: code.count)
    _ = instructions.initialize(from: code)
  }

  deinit { instructions.deallocate() }
}

/// A program bound to where its inputs lie, with numbers that C reads.
struct BoundProgram {
  private let owner: ProgramCode
  private let code: UnsafePointer<vm_instruction>?
  private let instructions: Int64
  private let inputs: Int64
  private let rank: Int64
  private let extents: Extents
  private var operands: InlineArray<12, UnsafeRawPointer?> = .init(repeating: nil)
  /// `[inputs, rank]`.
  private var strides: InlineArray<96, Int64> = .init(repeating: 0)

  init(
    _ program: ElementProgram, operands: [(pointer: UnsafeMutableRawPointer, shape: Shape)],
    shape: Shape
  ) {
    guard let code = program.code else {
      preconditionFailure("the program has too few registers")
    }
    let joined = JoinedAxes(
      extents: shape.dimensions, strides: operands.map { $0.shape.strides(repeatedTo: shape) })
    owner = ProgramCode(code)
    self.code = UnsafePointer(owner.instructions.baseAddress)
    instructions = Int64(code.count)
    inputs = Int64(operands.count)
    rank = Int64(joined.extents.count)
    extents = Extents(joined.extents)
    for (index, operand) in operands.enumerated() {
      self.operands[index] = UnsafeRawPointer(operand.pointer)
      for (axis, stride) in joined.strides[index].enumerated() {
        strides[index * joined.extents.count + axis] = Int64(stride)
      }
    }
  }

  @inline(__always)
  func run(_ y: UnsafeMutablePointer<Float>, _ range: Range<Int>) {
    operands.span.withUnsafeBufferPointer { operands in
      strides.span.withUnsafeBufferPointer { strides in
        extents.withPointer {
          vm_program_f32(
            code, instructions, inputs, operands.baseAddress, rank, $0, strides.baseAddress, y,
            Int64(range.lowerBound), Int64(range.upperBound))
        }
      }
    }
  }

  @inline(__always)
  func run(_ y: UnsafeMutablePointer<Double>, _ range: Range<Int>) {
    operands.span.withUnsafeBufferPointer { operands in
      strides.span.withUnsafeBufferPointer { strides in
        extents.withPointer {
          vm_program_f64(
            code, instructions, inputs, operands.baseAddress, rank, $0, strides.baseAddress, y,
            Int64(range.lowerBound), Int64(range.upperBound))
        }
      }
    }
  }
}

extension Kernels {
  /// What is done with a result while it is at hand: a program whose first input is the result.
  public struct Epilogue {
    public let program: ElementProgram
    /// The program's other inputs, in their order.
    public let inputs: [(pointer: UnsafeMutableRawPointer, shape: Shape)]

    public init(
      _ program: ElementProgram, inputs: [(pointer: UnsafeMutableRawPointer, shape: Shape)]
    ) {
      self.program = program
      self.inputs = inputs
    }

    func bound(to result: UnsafeMutableRawPointer, shape: Shape) -> BoundProgram {
      BoundProgram(program, operands: [(result, shape)] + inputs, shape: shape)
    }
  }

  private struct ProgramArguments {
    var program: BoundProgram
    var y: UnsafeMutableRawPointer
    var tiling: Tiling
  }

  /// `y = f(a, b, …)` element by element, inputs broadcast; `y` may be an input of its own shape.
  public static func elements(
    _ program: ElementProgram, _ name: String, _ element: ElementType,
    inputs: [(pointer: UnsafeMutableRawPointer, shape: Shape)], y: UnsafeMutableRawPointer,
    shape: Shape
  ) -> KernelCall {
    let count = shape.count
    let tiling = Tiling(
      count: count, grain: max(1, 16_384 / program.instructions.count), multiple: 64)
    let read = inputs.reduce(0) { $0 + $1.shape.count }
    return Kernel(
      name, tiles: tiling.tiles, flops: count * program.instructions.count,
      bytes: bytes(read + count, element),
      arguments: ProgramArguments(
        program: BoundProgram(program, operands: inputs, shape: shape), y: y, tiling: tiling),
      for: element, double: { $0.program.run($0.y.doubles, $0.tiling.range($1)) },
      single: { $0.program.run($0.y.floats, $0.tiling.range($1)) })
  }
}
