import CVectorMath

/// What attention needs of an element type.
protocol AttentionElement: MatrixElement {
  static func attentionScores(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Self>,
    _ mask: UnsafePointer<Self>?, _ maxima: UnsafeMutablePointer<Self>,
    _ sums: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Self>, _ stride: Int,
    _ width: Int)
  static func attentionEnd(
    _ y: UnsafeMutablePointer<Self>, _ stride: Int, _ maxima: UnsafePointer<Self>,
    _ sums: UnsafePointer<Double>,
    _ logSums: UnsafeMutablePointer<Self>?, _ queries: Int, _ width: Int)
  static func attentionDots(
    _ dy: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ stride: Int,
    _ dots: UnsafeMutablePointer<Self>,
    _ queries: Int, _ width: Int)
  static func attentionSlopes(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Self>,
    _ slopes: UnsafeMutablePointer<Self>, _ mask: UnsafePointer<Self>?,
    _ logSums: UnsafePointer<Self>, _ dots: UnsafePointer<Self>)
}

extension Float: AttentionElement {
  @inline(__always)
  static func attentionScores(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Float>,
    _ mask: UnsafePointer<Float>?, _ maxima: UnsafeMutablePointer<Float>,
    _ sums: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Float>, _ stride: Int,
    _ width: Int
  ) { vm_attention_scores_f32(block, scores, mask, maxima, sums, y, Int64(stride), Int64(width)) }
  @inline(__always)
  static func attentionEnd(
    _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ maxima: UnsafePointer<Float>,
    _ sums: UnsafePointer<Double>,
    _ logSums: UnsafeMutablePointer<Float>?, _ queries: Int, _ width: Int
  ) { vm_attention_end_f32(y, Int64(stride), maxima, sums, logSums, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionDots(
    _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ stride: Int,
    _ dots: UnsafeMutablePointer<Float>,
    _ queries: Int, _ width: Int
  ) { vm_attention_dots_f32(dy, y, Int64(stride), dots, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionSlopes(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Float>,
    _ slopes: UnsafeMutablePointer<Float>, _ mask: UnsafePointer<Float>?,
    _ logSums: UnsafePointer<Float>, _ dots: UnsafePointer<Float>
  ) { vm_attention_slopes_f32(block, scores, slopes, mask, logSums, dots) }
}

extension Double: AttentionElement {
  @inline(__always)
  static func attentionScores(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Double>,
    _ mask: UnsafePointer<Double>?, _ maxima: UnsafeMutablePointer<Double>,
    _ sums: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ stride: Int,
    _ width: Int
  ) { vm_attention_scores_f64(block, scores, mask, maxima, sums, y, Int64(stride), Int64(width)) }
  @inline(__always)
  static func attentionEnd(
    _ y: UnsafeMutablePointer<Double>, _ stride: Int, _ maxima: UnsafePointer<Double>,
    _ sums: UnsafePointer<Double>,
    _ logSums: UnsafeMutablePointer<Double>?, _ queries: Int, _ width: Int
  ) { vm_attention_end_f64(y, Int64(stride), maxima, sums, logSums, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionDots(
    _ dy: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ stride: Int,
    _ dots: UnsafeMutablePointer<Double>,
    _ queries: Int, _ width: Int
  ) { vm_attention_dots_f64(dy, y, Int64(stride), dots, Int64(queries), Int64(width)) }
  @inline(__always)
  static func attentionSlopes(
    _ block: UnsafePointer<vm_attention_block>, _ scores: UnsafeMutablePointer<Double>,
    _ slopes: UnsafeMutablePointer<Double>, _ mask: UnsafePointer<Double>?,
    _ logSums: UnsafePointer<Double>, _ dots: UnsafePointer<Double>
  ) { vm_attention_slopes_f64(block, scores, slopes, mask, logSums, dots) }
}
