import CVectorMath

/// What recurrent networks need of an element type.
protocol RecurrentElement: MatrixElement {
  static func pack(
    _ weight: UnsafePointer<Self>, _ strides: (k: Int, n: Int), k: Int, n: Int,
    _ panels: UnsafeMutablePointer<Self>, _ range: Range<Int>)
  /// `C [rows, n] = A [rows, k] B`, with B in panels.
  static func multiply(
    _ a: UnsafePointer<Self>, panels: UnsafePointer<Self>, _ c: UnsafeMutablePointer<Self>,
    _ stride: Int, rows: Int, n: Int, k: Int)
  static func step(_ cell: RecurrentCellKind, _ step: UnsafePointer<vm_recurrent_step>)
  static func slope(_ cell: RecurrentCellKind, _ step: UnsafePointer<vm_recurrent_slope>)
}

extension Float: RecurrentElement {
  @inline(__always)
  static func pack(
    _ weight: UnsafePointer<Float>, _ strides: (k: Int, n: Int), k: Int, n: Int,
    _ panels: UnsafeMutablePointer<Float>, _ range: Range<Int>
  ) {
    vm_panels_pack_f32(
      weight, Int64(strides.k), Int64(strides.n), Int64(k), Int64(n), panels,
      Int64(range.lowerBound), Int64(range.upperBound))
  }
  @inline(__always)
  static func multiply(
    _ a: UnsafePointer<Float>, panels: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    _ stride: Int, rows: Int, n: Int, k: Int
  ) {
    if Product.isWide {
      vm_product_panels_f32(
        a, Int64(k), panels, c, Int64(stride), Int64(rows), Int64(n), Int64(k))
    } else {
      vm_panels_product_f32(
        a, Int64(k), panels, c, Int64(stride), Int64(rows), Int64(n), Int64(k))
    }
  }
  @inline(__always)
  static func step(_ cell: RecurrentCellKind, _ step: UnsafePointer<vm_recurrent_step>) {
    switch cell {
    case .lstm: vm_lstm_step_f32(step)
    case .gru: vm_gru_step_f32(step)
    case .tanh: vm_rnn_step_f32(step, 0)
    case .relu: vm_rnn_step_f32(step, 1)
    }
  }
  @inline(__always)
  static func slope(_ cell: RecurrentCellKind, _ step: UnsafePointer<vm_recurrent_slope>) {
    switch cell {
    case .lstm: vm_lstm_slope_f32(step)
    case .gru: vm_gru_slope_f32(step)
    case .tanh: vm_rnn_slope_f32(step, 0)
    case .relu: vm_rnn_slope_f32(step, 1)
    }
  }
}

extension Double: RecurrentElement {
  @inline(__always)
  static func pack(
    _ weight: UnsafePointer<Double>, _ strides: (k: Int, n: Int), k: Int, n: Int,
    _ panels: UnsafeMutablePointer<Double>, _ range: Range<Int>
  ) {
    vm_panels_pack_f64(
      weight, Int64(strides.k), Int64(strides.n), Int64(k), Int64(n), panels,
      Int64(range.lowerBound), Int64(range.upperBound))
  }
  @inline(__always)
  static func multiply(
    _ a: UnsafePointer<Double>, panels: UnsafePointer<Double>, _ c: UnsafeMutablePointer<Double>,
    _ stride: Int, rows: Int, n: Int, k: Int
  ) {
    if Product.isWide {
      vm_product_panels_f64(
        a, Int64(k), panels, c, Int64(stride), Int64(rows), Int64(n), Int64(k))
    } else {
      vm_panels_product_f64(
        a, Int64(k), panels, c, Int64(stride), Int64(rows), Int64(n), Int64(k))
    }
  }
  @inline(__always)
  static func step(_ cell: RecurrentCellKind, _ step: UnsafePointer<vm_recurrent_step>) {
    switch cell {
    case .lstm: vm_lstm_step_f64(step)
    case .gru: vm_gru_step_f64(step)
    case .tanh: vm_rnn_step_f64(step, 0)
    case .relu: vm_rnn_step_f64(step, 1)
    }
  }
  @inline(__always)
  static func slope(_ cell: RecurrentCellKind, _ step: UnsafePointer<vm_recurrent_slope>) {
    switch cell {
    case .lstm: vm_lstm_slope_f64(step)
    case .gru: vm_gru_slope_f64(step)
    case .tanh: vm_rnn_slope_f64(step, 0)
    case .relu: vm_rnn_slope_f64(step, 1)
    }
  }
}
