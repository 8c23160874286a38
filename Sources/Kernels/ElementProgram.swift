import CVectorMath

/// Functions applied one after the other to elements of the same place, with no tensor in between.
///
/// Slots below `inputs` are the inputs, the next is the result of the first instruction, and so on; the
/// last instruction's result is the program's.
public struct ElementProgram: Hashable, Sendable {
  public enum Operation: Hashable, Sendable {
    case unary(Kernels.Function)
    /// `a · f'(b)`, where `b` is what the function keeps for its derivative.
    case slope(Kernels.Function)
    case binary(Kernels.Operation)
    /// The second where the first isn't 0, else the third.
    case select

    public var operands: Int {
      switch self {
      case .unary: 1
      case .slope, .binary: 2
      case .select: 3
      }
    }
  }

  public struct Instruction: Hashable, Sendable {
    public let operation: Operation
    /// Slots.
    public let operands: [Int]

    public init(_ operation: Operation, _ operands: [Int]) {
      self.operation = operation
      self.operands = operands
    }
  }

  public private(set) var inputs: Int
  public private(set) var instructions: [Instruction]

  /// One operation of as many inputs as it has operands.
  public init(_ operation: Operation) {
    inputs = operation.operands
    instructions = [Instruction(operation, Array(0..<inputs))]
  }

  /// Instructions one after the other, each of slots before its own.
  ///
  /// - Returns: `nil` when there are none, or more inputs or intermediate results than a program can have.
  public init?(inputs: Int, instructions: [Instruction]) {
    self.inputs = inputs
    self.instructions = instructions
    guard !instructions.isEmpty, inputs <= Int(VM_PROGRAM_INPUTS), code != nil else { return nil }
  }

  /// This program, of which an input is what another program yields; the other's inputs come after those
  /// that are left.
  ///
  /// - Parameter same: for each input of `other`, the input of this program that it is, if any.
  /// - Returns: `nil` when the program would be longer than one can be.
  public func composed(
    input: Int, with other: ElementProgram, same: [Int?]
  ) -> ElementProgram? {
    var result = self
    // Where each of this program's inputs, and each of the other's, is in the new one.
    var own: [Int] = []
    var kept = 0
    for index in 0..<inputs {
      own.append(index == input ? -1 : kept)
      if index != input { kept += 1 }
    }
    var others: [Int] = []
    for index in 0..<other.inputs {
      if let place = same[index], own[place] >= 0 {
        others.append(own[place])
      } else {
        others.append(kept)
        kept += 1
      }
    }
    result.inputs = kept
    func moved(_ slot: Int, _ program: ElementProgram, _ places: [Int], _ shift: Int) -> Int {
      slot < program.inputs ? places[slot] : slot - program.inputs + kept + shift
    }
    own[input] = kept + other.instructions.count - 1
    result.instructions =
      other.instructions.map { instruction in
        Instruction(
          instruction.operation, instruction.operands.map { moved($0, other, others, 0) })
      }
      + instructions.map { instruction in
        Instruction(
          instruction.operation,
          instruction.operands.map { moved($0, self, own, other.instructions.count) })
      }
    return result.code == nil || kept > Int(VM_PROGRAM_INPUTS) ? nil : result
  }

  /// Whether a sum still fits before the program.
  public var hasRoomForBias: Bool {
    composed(input: 0, with: ElementProgram(.binary(.add)), same: [nil, nil]) != nil
  }

  /// The same with one of the inputs put before the others.
  public func movingFirst(_ input: Int) -> ElementProgram {
    var result = self
    result.instructions = instructions.map { instruction in
      Instruction(
        instruction.operation,
        instruction.operands.map { slot in
          slot == input ? 0 : (slot < input ? slot + 1 : slot)
        })
    }
    return result
  }

  /// The instructions with registers given out; `nil` when there are too few.
  var code: [vm_instruction]? {
    var lastUse = [Int](repeating: -1, count: inputs + instructions.count)
    for (index, instruction) in instructions.enumerated() {
      for slot in instruction.operands { lastUse[slot] = index }
    }
    var register = [Int](repeating: -1, count: inputs + instructions.count)
    var free = Array((0..<Int(VM_PROGRAM_REGISTERS)).reversed())
    var code: [vm_instruction] = []
    for (index, instruction) in instructions.enumerated() {
      let isLast = index == instructions.count - 1
      let places = instruction.operands.map { Int32($0 < inputs ? $0 : inputs + register[$0]) }
      // A register that is read for the last time may be written by the same instruction.
      for slot in Set(instruction.operands) where slot >= inputs && lastUse[slot] == index {
        free.append(register[slot])
      }
      var target = -1
      if !isLast {
        guard let found = free.popLast() else { return nil }
        target = found
        register[inputs + index] = found
      }
      let (kind, number, parameter) = instruction.operation.encoding
      code.append(
        vm_instruction(
          kind: kind, code: number, target: Int32(target), a: places[0],
          b: places.count > 1 ? places[1] : places[0], c: places.count > 2 ? places[2] : places[0],
          parameter: parameter))
    }
    return code
  }
}

extension ElementProgram.Operation {
  fileprivate var encoding: (kind: Int32, code: Int32, parameter: Double) {
    switch self {
    case .unary(let function): (Int32(VM_UNARY.rawValue), function.code, function.parameter)
    case .slope(let function): (Int32(VM_SLOPE.rawValue), function.code, function.parameter)
    case .binary(let operation): (Int32(VM_BINARY.rawValue), operation.code, 0)
    case .select: (Int32(VM_SELECT.rawValue), 0, 0)
    }
  }
}
