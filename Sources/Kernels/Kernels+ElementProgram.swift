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

  /// - Parameter keepsRows: whether the last axis stays one of its own, for blocks of rows and columns.
  init(
    _ program: ElementProgram, operands: [(pointer: UnsafeMutableRawPointer, shape: Shape)],
    shape: Shape, keepsRows: Bool = false
  ) {
    guard let code = program.code else {
      preconditionFailure("the program has too few registers")
    }
    var (axes, steps) = (shape, operands.map { $0.shape.strides(repeatedTo: shape) })
    if keepsRows, let columns = axes.dimensions.popLast() {
      let inner = steps.map { $0[$0.count - 1] }
      let outer = JoinedAxes(extents: axes.dimensions, strides: steps.map { Array($0.dropLast()) })
      axes = Shape(outer.extents + [columns])
      steps = zip(outer.strides, inner).map { $0 + [$1] }
    }
    let joined =
      keepsRows
      ? JoinedAxes(kept: axes.dimensions, strides: steps)
      : JoinedAxes(extents: axes.dimensions, strides: steps)
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
    withNumbers { operands, extents, strides in
      vm_program_f32(
        code, instructions, inputs, operands, rank, extents, strides, y, Int64(range.lowerBound),
        Int64(range.upperBound))
    }
  }

  @inline(__always)
  func run(_ y: UnsafeMutablePointer<Double>, _ range: Range<Int>) {
    withNumbers { operands, extents, strides in
      vm_program_f64(
        code, instructions, inputs, operands, rank, extents, strides, y, Int64(range.lowerBound),
        Int64(range.upperBound))
    }
  }

  @inline(__always)
  func run(_ y: UnsafeMutablePointer<Float>, rows: Range<Int>, columns: Range<Int>) {
    withNumbers { operands, extents, strides in
      vm_program_block_f32(
        code, instructions, inputs, operands, rank, extents, strides, y, Int64(rows.lowerBound),
        Int64(rows.upperBound), Int64(columns.lowerBound), Int64(columns.upperBound))
    }
  }

  @inline(__always)
  func run(_ y: UnsafeMutablePointer<Double>, rows: Range<Int>, columns: Range<Int>) {
    withNumbers { operands, extents, strides in
      vm_program_block_f64(
        code, instructions, inputs, operands, rank, extents, strides, y, Int64(rows.lowerBound),
        Int64(rows.upperBound), Int64(columns.lowerBound), Int64(columns.upperBound))
    }
  }

  @inline(__always)
  private func withNumbers(
    _ body: (UnsafePointer<UnsafeRawPointer?>?, UnsafePointer<Int64>?, UnsafePointer<Int64>?) ->
      Void
  ) {
    operands.span.withUnsafeBufferPointer { operands in
      strides.span.withUnsafeBufferPointer { strides in
        extents.withPointer { body(operands.baseAddress, $0, strides.baseAddress) }
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

    func bound(
      to result: UnsafeMutableRawPointer, shape: Shape, keepsRows: Bool = false
    ) -> BoundProgram {
      BoundProgram(
        program, operands: [(result, shape)] + inputs, shape: shape, keepsRows: keepsRows)
    }

    /// The same after a bias is added, which is broadcast to the result.
    func after(bias: (pointer: UnsafeMutableRawPointer, shape: Shape)) -> Epilogue {
      let sum = ElementProgram(.binary(.add))
      guard let whole = program.composed(input: 0, with: sum, same: [nil, nil]) else {
        preconditionFailure("there is no room for a bias before the program")
      }
      // The sum's inputs come after the others.
      return Epilogue(whole.movingFirst(whole.inputs - 2), inputs: inputs + [bias])
    }

    /// A bias alone.
    static func bias(_ bias: (pointer: UnsafeMutableRawPointer, shape: Shape)) -> Epilogue {
      Epilogue(ElementProgram(.binary(.add)), inputs: [bias])
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
