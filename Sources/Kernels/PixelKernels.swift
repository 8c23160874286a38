import CVectorMath

/// What is done to an image of `[C, H, W]` in place, as augmentation wants it.
public enum PixelKernels {
  /// Turns all planes about their middle, between pixels by their distance.
  ///
  /// - Parameters:
  ///   - angle: its cosine and sine; a positive one turns clockwise, as seen with the first row on top.
  ///   - scratch: of an image's size.
  public static func rotate(
    _ image: UnsafeMutablePointer<Float>, planes: Int, height: Int, width: Int,
    angle: (cosine: Float, sine: Float), fill: Float, scratch: UnsafeMutablePointer<Float>
  ) {
    vm_rotate_planes_f32(
      scratch, image, planes, height, width, angle.cosine, angle.sine, fill)
    image.update(from: scratch, count: planes * height * width)
  }

  /// `min(max(factor x + offset, low), high)`.
  public static func affine(
    _ pixels: UnsafeMutablePointer<Float>, factor: Float, offset: Float,
    within range: ClosedRange<Float>, count: Int
  ) {
    vm_affine_clamp_f32(pixels, factor, offset, range.lowerBound, range.upperBound, count)
  }

  /// Takes three planes of `count` towards their gray, `0.299 R + 0.587 G + 0.114 B`, or away from it.
  public static func saturate(
    _ image: UnsafeMutablePointer<Float>, factor: Float, within range: ClosedRange<Float>,
    count: Int
  ) {
    vm_saturate_f32(image, factor, range.lowerBound, range.upperBound, count)
  }

  /// `out = a out + b other`.
  public static func blend(
    _ out: UnsafeMutablePointer<Float>, _ a: Float, _ other: UnsafePointer<Float>, _ b: Float,
    count: Int
  ) {
    vm_combine_f32(out, out, other, a, b, count)
  }
}
