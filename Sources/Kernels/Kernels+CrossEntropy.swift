import CVectorMath
import Tensors

extension Kernels {
  /// How rows count in a cross entropy of classes.
  public struct CrossEntropySettings {
    /// Each class's weight; all are 1 when it is `nil`.
    public var weights: UnsafeMutableRawPointer?
    /// The share of the target that goes to all classes alike.
    public var smoothing: Double
    /// The class whose rows don't count.
    public var ignored: Int32?

    public init(weights: UnsafeMutableRawPointer?, smoothing: Double, ignored: Int32?) {
      self.weights = weights
      self.smoothing = smoothing
      self.ignored = ignored
    }

    /// What no class equals, for none that is ignored.
    fileprivate var ignoredNumber: Int64 { ignored.map { Int64($0) } ?? Int64.min }
  }

  private struct CrossEntropyArguments {
    var x: UnsafeMutableRawPointer
    /// Classes, or the probabilities of each.
    var target: UnsafeMutableRawPointer
    var settings: CrossEntropySettings
    var divisor: UnsafeMutableRawPointer
    var dx: UnsafeMutableRawPointer?
    var losses: UnsafeMutableRawPointer
    var rows: Int
    var width: Int
    var tiling: Tiling
  }

  private struct ClassWeightArguments {
    var classes: UnsafeMutableRawPointer
    var settings: CrossEntropySettings
    var sum: UnsafeMutableRawPointer
    var rows: Int
    var width: Int
  }

  /// Bytes for the losses of rows and what they are divided by, in double.
  public static func crossEntropyWorkspaceBytes(rows: Int) -> Int { 8 * (rows + 1) }

  private static func crossEntropyTiling(rows: Int, width: Int) -> Tiling {
    Tiling(count: rows, grain: max(1, 8_192 / max(1, width)))
  }

  /// Softmax cross-entropy of each row, and the derivative of their mean when `dx` isn't `nil`.
  ///
  /// The mean is weighted, and over the rows that count; it is 0 when none does.
  public static func crossEntropy(
    _ element: ElementType, x: UnsafeMutableRawPointer, classes: UnsafeMutableRawPointer,
    settings: CrossEntropySettings, dx: UnsafeMutableRawPointer?, y: UnsafeMutableRawPointer,
    rows: Int, width: Int, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let tiling = crossEntropyTiling(rows: rows, width: width)
    let divisor = workspace + 8 * rows
    let arguments = CrossEntropyArguments(
      x: x, target: classes, settings: settings, divisor: divisor, dx: dx, losses: workspace,
      rows: rows, width: width, tiling: tiling)
    let losses = Kernel(
      "softmax_cross_entropy", tiles: tiling.tiles, flops: 5 * rows * width,
      bytes: bytes(2 * rows * width, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_cross_entropy_f64(
          a.x.doubles, a.target.integers, a.settings.weights?.doubles, a.settings.smoothing,
          a.settings.ignoredNumber, a.divisor.doubles, a.dx?.doubles, a.losses.doubles,
          Int64(range.lowerBound), Int64(range.upperBound), Int64(a.width))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_cross_entropy_f32(
          a.x.floats, a.target.integers, a.settings.weights?.floats, a.settings.smoothing,
          a.settings.ignoredNumber, a.divisor.doubles, a.dx?.floats, a.losses.doubles,
          Int64(range.lowerBound), Int64(range.upperBound), Int64(a.width))
      })
    return [
      classWeightSum(
        element, classes: classes, settings: settings, sum: divisor, rows: rows, width: width),
      losses, mean(element, of: workspace, parts: rows, overNumberAt: divisor, y: y),
    ]
  }

  /// The weights of the rows' classes, added up; a row that is ignored has none.
  ///
  /// - Parameter workspace: 8 bytes.
  public static func classWeightSum(
    _ element: ElementType, classes: UnsafeMutableRawPointer, settings: CrossEntropySettings,
    y: UnsafeMutableRawPointer, rows: Int, width: Int, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    [
      classWeightSum(
        element, classes: classes, settings: settings, sum: workspace, rows: rows, width: width),
      mean(element, of: workspace, parts: 1, over: 1, y: y),
    ]
  }

  private static func classWeightSum(
    _ element: ElementType, classes: UnsafeMutableRawPointer, settings: CrossEntropySettings,
    sum: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    let arguments = ClassWeightArguments(
      classes: classes, settings: settings, sum: sum, rows: rows, width: width)
    return Kernel(
      "class_weight_sum", flops: rows, bytes: 4 * rows, arguments: arguments,
      for: element,
      double: { a, _ in
        vm_class_weight_sum_f64(
          a.classes.integers, a.settings.weights?.doubles, a.settings.ignoredNumber,
          a.sum.doubles, Int64(a.rows), Int64(a.width))
      },
      single: { a, _ in
        vm_class_weight_sum_f32(
          a.classes.integers, a.settings.weights?.floats, a.settings.ignoredNumber,
          a.sum.doubles, Int64(a.rows), Int64(a.width))
      })
  }

  /// The same where the target is a distribution over the classes; the mean is over all rows.
  public static func crossEntropyOfDistributions(
    _ element: ElementType, x: UnsafeMutableRawPointer, target: UnsafeMutableRawPointer,
    weights: UnsafeMutableRawPointer?, smoothing: Double, dx: UnsafeMutableRawPointer?,
    y: UnsafeMutableRawPointer, rows: Int, width: Int, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let tiling = crossEntropyTiling(rows: rows, width: width)
    let arguments = CrossEntropyArguments(
      x: x, target: target,
      settings: CrossEntropySettings(weights: weights, smoothing: smoothing, ignored: nil),
      divisor: workspace, dx: dx, losses: workspace, rows: rows, width: width, tiling: tiling)
    let losses = Kernel(
      "cross_entropy_of_distributions", tiles: tiling.tiles, flops: 8 * rows * width,
      bytes: bytes(3 * rows * width, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_cross_entropy_of_distributions_f64(
          a.x.doubles, a.target.doubles, a.settings.weights?.doubles, a.settings.smoothing,
          a.dx?.doubles, a.losses.doubles, Int64(range.lowerBound), Int64(range.upperBound),
          Int64(a.rows), Int64(a.width))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_cross_entropy_of_distributions_f32(
          a.x.floats, a.target.floats, a.settings.weights?.floats, a.settings.smoothing,
          a.dx?.floats, a.losses.doubles, Int64(range.lowerBound), Int64(range.upperBound),
          Int64(a.rows), Int64(a.width))
      })
    return [losses, mean(element, of: workspace, parts: rows, over: rows, y: y)]
  }
}
