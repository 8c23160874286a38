import Tensors

/// The families of kernels. Each makes a launch over raw memory of float32 or float64.
///
/// The caller sees to it that pointers are valid and of the element type for as long as launches run.
public enum Kernels {
  static func bytes(_ elements: Int, _ element: ElementType) -> Int { elements * element.byteCount }
}

extension UnsafeMutableRawPointer {
  @inline(__always) var floats: UnsafeMutablePointer<Float> { assumingMemoryBound(to: Float.self) }
  @inline(__always) var doubles: UnsafeMutablePointer<Double> {
    assumingMemoryBound(to: Double.self)
  }
  @inline(__always) var integers: UnsafeMutablePointer<Int32> {
    assumingMemoryBound(to: Int32.self)
  }
}

extension Kernels {
  private struct CopyArguments {
    var source: UnsafeMutableRawPointer
    var target: UnsafeMutableRawPointer
    var tiling: Tiling
  }

  /// Copies bytes of any type.
  public static func copy(
    from source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer, byteCount: Int
  ) -> KernelCall {
    let tiling = Tiling(count: byteCount, grain: 1 << 18, multiple: 64)
    return Kernel(
      "copy", tiles: tiling.tiles, bytes: 2 * byteCount,
      arguments: CopyArguments(source: source, target: target, tiling: tiling)
    ) { arguments, tile in
      let range = arguments.tiling.range(tile)
      (arguments.target + range.lowerBound).copyMemory(
        from: arguments.source + range.lowerBound, byteCount: range.count)
    }
  }
}
