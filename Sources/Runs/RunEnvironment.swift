import JSON
import Kernels

/// What the bits of a run depend on beside its request and its data: the program, and the kernels that the machine runs.
public struct RunEnvironment: Hashable, Sendable {
  /// The program's version.
  public static let program = "0.1.0"

  public var version: String
  public var instructionSet: String
  public var blas: String

  /// That of this process.
  public static let current = RunEnvironment(
    version: program, instructionSet: MachineKernels.instructionSet, blas: MachineKernels.blas)

  public init(version: String, instructionSet: String, blas: String) {
    self.version = version
    self.instructionSet = instructionSet
    self.blas = blas
  }

  /// Reads back what `members` wrote; `nil` for anything else.
  init?(_ json: JSON) {
    guard let version = json["version"]?.string,
      let instructionSet = json["instruction_set"]?.string, let blas = json["blas"]?.string
    else { return nil }
    self.init(version: version, instructionSet: instructionSet, blas: blas)
  }

  var members: [(String, JSON)] {
    [
      ("version", .string(version)), ("instruction_set", .string(instructionSet)),
      ("blas", .string(blas)),
    ]
  }

  /// What differs from another, in words; empty when the same request on the same data gives the same bits.
  func differences(from other: RunEnvironment) -> [String] {
    [
      ("version", version, other.version),
      ("instruction set", instructionSet, other.instructionSet), ("BLAS", blas, other.blas),
    ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1), before it was \($0.2)" }
  }
}
