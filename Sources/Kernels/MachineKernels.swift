import COpenBLAS
import CVectorMath

/// Which of the kernels that there are this machine runs: its results have the bits of no other kind's.
public enum MachineKernels {
  /// The instructions of our own loops: `x86-64-v4`, `x86-64-v3`, or the architecture's name for what every processor of it
  /// has.
  public static let instructionSet: String = {
    switch vm_level() {
    case 4: "x86-64-v4"
    case 3: "x86-64-v3"
    default: architecture
    }
  }()

  /// The library that multiplies the matrices we don't, its version, and the processor that its kernels are for:
  /// `OpenBLAS 0.3.21 SkylakeX`.
  public static let blas: String = {
    // "OpenBLAS 0.3.21 NO_LAPACK DYNAMIC_ARCH …"
    let words = text(openblas_get_config()).split(separator: " ").prefix(2)
    return (words.map(String.init) + [text(openblas_get_corename())]).joined(separator: " ")
  }()

  private static func text(_ text: UnsafeMutablePointer<CChar>?) -> String {
    text.map { String(cString: $0) } ?? "unknown"
  }

  private static var architecture: String {
    #if arch(x86_64)
      "x86-64"
    #elseif arch(arm64)
      "arm64"
    #else
      "unknown"
    #endif
  }
}
