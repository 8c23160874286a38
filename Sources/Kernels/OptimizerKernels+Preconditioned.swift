import CVectorMath
import Tensors

/// Rules that see a parameter as one matrix, its first axis and all others, and multiply its gradient by what they remember of
/// `G Gᵀ` and `Gᵀ G`.
extension OptimizerKernels {
  /// What Shampoo's and SOAP's documents say, for their kernels.
  public struct Preconditioning: Hashable, Sendable {
    /// Of the mean of gradients, of what is kept of the factors, and of the mean of squares.
    public var beta1 = 0.0
    public var decay = 0.0
    public var beta2 = 0.0
    public var epsilon = 0.0
    /// Of the largest eigenvalue, added to all.
    public var ridge = 0.0
    /// Whether a step goes as far as Adam's would.
    public var isGrafted = false
    public var weightDecay = 0.0

    public init(_ set: (inout Preconditioning) -> Void) { set(&self) }
  }

  private struct PreconditionedArguments: @unchecked Sendable {
    let rule: Preconditioning
    let element: ElementType
    let rows: Int
    let columns: Int
    let scalars: UnsafePointer<OptimizerScalars>
    let mean: UnsafeMutableRawPointer
    let squares: UnsafeMutableRawPointer?
    /// `nil` for a side that has too many rows.
    let left: UnsafeMutableRawPointer?
    let right: UnsafeMutableRawPointer?
    /// Inverse roots, or bases.
    let leftMap: UnsafeMutableRawPointer?
    let rightMap: UnsafeMutableRawPointer?
    let gradient: UnsafeMutableRawPointer
    let step: UnsafeMutableRawPointer
    let other: UnsafeMutableRawPointer
    let scratch: UnsafeMutablePointer<Double>

    var count: Int { rows * columns }
  }

  private static func sides(_ shape: Shape) -> (rows: Int, columns: Int) {
    let rows = shape.dimensions[0]
    return (rows, shape.count / max(rows, 1))
  }

  private static func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }

  /// Bytes of workspace for a step of this shape, beside the sums.
  public static func preconditionedBytes(
    _ shape: Shape, largest: Int, _ element: ElementType
  ) -> Int {
    let (rows, columns) = sides(shape)
    let size = [rows, columns].filter { $0 <= largest }.max() ?? 0
    return 3 * aligned(shape.count * element.byteCount)
      + SymmetricMatrices.scratchCount(size) * MemoryLayout<Double>.stride
  }

  /// Shampoo's step; slots `exp_avg`, `exp_avg_sq` where it's grafted, and for each side that isn't too long a `…_factor` and a
  /// `…_root`.
  ///
  /// - Precondition: the operands have a workspace, and the shape two axes or more.
  public static func shampoo(
    _ operands: OptimizerOperands, _ rule: Preconditioning
  ) -> [KernelCall] {
    steps(
      "shampoo", operands, rule, map: "root",
      double: { arguments, _ in shampoo(arguments, Double.self) },
      single: { arguments, _ in shampoo(arguments, Float.self) })
  }

  /// SOAP's step; slots `exp_avg`, `exp_avg_sq`, and for each side that isn't too long a `…_factor` and a `…_basis`.
  ///
  /// - Precondition: the operands have a workspace, and the shape two axes or more.
  public static func soap(
    _ operands: OptimizerOperands, _ rule: Preconditioning
  ) -> [KernelCall] {
    steps(
      "soap", operands, rule, map: "basis",
      double: { arguments, _ in soap(arguments, Double.self) },
      single: { arguments, _ in soap(arguments, Float.self) })
  }

  private static func steps(
    _ name: String, _ operands: OptimizerOperands, _ rule: Preconditioning, map: String,
    double: @escaping @Sendable (PreconditionedArguments, Int) -> Void,
    single: @escaping @Sendable (PreconditionedArguments, Int) -> Void
  ) -> [KernelCall] {
    _ = BLAS.isReady
    guard let workspace = operands.workspace, let mean = operands.slots["exp_avg"] else {
      preconditionFailure("no workspace")
    }
    let (rows, columns) = sides(operands.shape)
    let whole = aligned(operands.count * operands.element.byteCount)
    let gradient = workspace + sumBytes
    let step = gradient + whole
    let scratch = step + 2 * whole
    let arguments = PreconditionedArguments(
      rule: rule, element: operands.element, rows: rows, columns: columns,
      scalars: operands.scalars, mean: mean, squares: operands.slots["exp_avg_sq"],
      left: operands.slots["left_factor"], right: operands.slots["right_factor"],
      leftMap: operands.slots["left_\(map)"], rightMap: operands.slots["right_\(map)"],
      gradient: gradient, step: step, other: step + whole, scratch: scratch.doubles)
    let move = UpdateRule {
      $0.weightDecay = rule.weightDecay
      $0.isDecoupled = true
      $0.limit = 1
    }
    let flops = 6 * operands.count * (rows + columns)
    return [
      call(.bounded, operands, pointers: [gradient], move, isContinued: false),
      Kernel(
        name, flops: flops, bytes: 8 * operands.count * operands.element.byteCount,
        arguments: arguments, for: operands.element, double: double, single: single),
      call(.muon, operands, pointers: [mean, step], move, isContinued: true),
    ]
  }

  // MARK: - Shampoo

  private static func shampoo<Element: PreconditionedElement>(
    _ a: PreconditionedArguments, _: Element.Type
  ) {
    let factors = a.scalars.pointee.factors
    let isDue = a.scalars.pointee.is_due
    let sides = (a.left == nil ? 0 : 1) + (a.right == nil ? 0 : 1)
    follow(a, Element.self)
    renewRoot(a.left, a.leftMap, a.rows, sides, isDue, a)
    renewRoot(a.right, a.rightMap, a.columns, sides, isDue, a)
    let (m, g) = (Element.typed(a.mean), Element.typed(a.gradient))
    let (step, other) = (Element.typed(a.step), Element.typed(a.other))
    Element.combine(m, a.rule.beta1, m, 1 - a.rule.beta1, g, a.count)
    var squares = 0.0
    if let means = a.squares {
      squares = Element.momentStep(
        Element.typed(means), g, m, other, a.count, a.rule.beta2, factors.2, factors.3,
        a.rule.epsilon)
    }
    if let root = a.leftMap {
      Element.multiply(
        m: a.rows, n: a.columns, k: a.rows, Element.typed(root), a.rows, m, a.columns, other,
        a.columns)
    } else {
      other.update(from: m, count: a.count)
    }
    if let root = a.rightMap {
      Element.multiply(
        m: a.rows, n: a.columns, k: a.columns, other, a.columns, Element.typed(root), a.columns,
        step, a.columns)
    } else {
      step.update(from: other, count: a.count)
    }
    guard a.rule.isGrafted else { return }
    let own = Element.sumOfSquares(step, a.count)
    let scale = own > 0 ? (squares / own).squareRoot() : 0
    Element.combine(step, 0, step, scale, step, a.count)
  }

  private static func renewRoot(
    _ factor: UnsafeMutableRawPointer?, _ root: UnsafeMutableRawPointer?, _ size: Int,
    _ sides: Int, _ isDue: Bool, _ a: PreconditionedArguments
  ) {
    guard let factor, let root else { return }
    let isFirst = SymmetricMatrices.isZero(root, size: size, element: a.element)
    guard isDue || isFirst else { return }
    // Gradients that were all zeros have no root; then there's none until the first that isn't.
    _ = SymmetricMatrices.power(
      factor, ridge: a.rule.ridge, exponent: -1 / Double(2 * sides), into: root, size: size,
      element: a.element, scratch: a.scratch)
  }

  // MARK: - SOAP

  private static func soap<Element: PreconditionedElement>(
    _ a: PreconditionedArguments, _: Element.Type
  ) {
    let factors = a.scalars.pointee.factors
    follow(a, Element.self)
    let makesLeft = makeBasis(a.left, a.leftMap, a.rows, a)
    let makesRight = makeBasis(a.right, a.rightMap, a.columns, a)
    guard let squares = a.squares else { return }
    let (m, g) = (Element.typed(a.mean), Element.typed(a.gradient))
    let (step, other) = (Element.typed(a.step), Element.typed(a.other))
    if makesLeft || makesRight {
      // What the first gradient has nothing of would be noise over noise.
      Element.fill(step, 0, a.count)
      return
    }
    Element.combine(m, a.rule.beta1, m, 1 - a.rule.beta1, g, a.count)
    // The gradient in the bases goes over itself, the mean beside it.
    rotate(a, g, into: g, over: other, isBack: false)
    rotate(a, m, into: step, over: other, isBack: false)
    _ = Element.momentStep(
      Element.typed(squares), g, step, step, a.count, a.rule.beta2, factors.2, factors.3,
      a.rule.epsilon)
    rotate(a, step, into: step, over: other, isBack: true)
    guard a.scalars.pointee.is_due else { return }
    followBasis(a.left, a.leftMap, a.rows, a)
    followBasis(a.right, a.rightMap, a.columns, a)
  }

  /// Makes a basis where there's none yet; answers whether it did.
  private static func makeBasis(
    _ factor: UnsafeMutableRawPointer?, _ basis: UnsafeMutableRawPointer?, _ size: Int,
    _ a: PreconditionedArguments
  ) -> Bool {
    guard let factor, let basis, SymmetricMatrices.isZero(basis, size: size, element: a.element)
    else { return false }
    let isFound = SymmetricMatrices.eigenvectors(
      factor, into: basis, size: size, element: a.element, scratch: a.scratch)
    if !isFound { SymmetricMatrices.setIdentity(basis, size: size, element: a.element) }
    return true
  }

  private static func followBasis(
    _ factor: UnsafeMutableRawPointer?, _ basis: UnsafeMutableRawPointer?, _ size: Int,
    _ a: PreconditionedArguments
  ) {
    guard let factor, let basis else { return }
    // A basis that can't be followed stays.
    _ = SymmetricMatrices.follow(
      factor, vectors: basis, size: size, element: a.element, scratch: a.scratch)
  }

  /// `out = Q_Lᵀ x Q_R`, or back `Q_L x Q_Rᵀ`; `out` may be `x`.
  private static func rotate<Element: PreconditionedElement>(
    _ a: PreconditionedArguments, _ x: UnsafeMutablePointer<Element>,
    into out: UnsafeMutablePointer<Element>,
    over other: UnsafeMutablePointer<Element>, isBack: Bool
  ) {
    if let basis = a.leftMap {
      Element.multiply(
        transposeA: !isBack, m: a.rows, n: a.columns, k: a.rows, Element.typed(basis), a.rows, x,
        a.columns, other, a.columns)
    } else {
      other.update(from: x, count: a.count)
    }
    if let basis = a.rightMap {
      Element.multiply(
        transposeB: isBack, m: a.rows, n: a.columns, k: a.columns, other, a.columns,
        Element.typed(basis), a.columns, out, a.columns)
    } else {
      out.update(from: other, count: a.count)
    }
  }

  // MARK: - Both

  /// Takes `G Gᵀ` and `Gᵀ G` into the factors: their mean, or with a decay of 1 their sum.
  private static func follow<Element: PreconditionedElement>(
    _ a: PreconditionedArguments, _: Element.Type
  ) {
    let g = Element.typed(a.gradient)
    let share = Element(a.rule.decay < 1 ? 1 - a.rule.decay : 1)
    if let left = a.left {
      let factor = Element.typed(left)
      Element.combine(factor, 0, factor, a.rule.decay, factor, a.rows * a.rows)
      Element.multiply(
        transposeB: true, m: a.rows, n: a.rows, k: a.columns, alpha: share, g, a.columns, g,
        a.columns, factor, a.rows, isAdded: true)
    }
    if let right = a.right {
      let factor = Element.typed(right)
      Element.combine(factor, 0, factor, a.rule.decay, factor, a.columns * a.columns)
      Element.multiply(
        transposeA: true, m: a.columns, n: a.columns, k: a.rows, alpha: share, g, a.columns, g,
        a.columns, factor, a.columns, isAdded: true)
    }
  }
}

/// What the rules above need of an element type beside products.
private protocol PreconditionedElement: MatrixElement {
  static func typed(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Self>
  static func combine(
    _ out: UnsafeMutablePointer<Self>, _ a: Double, _ x: UnsafeMutablePointer<Self>, _ b: Double,
    _ y: UnsafeMutablePointer<Self>, _ count: Int)
  static func sumOfSquares(_ x: UnsafeMutablePointer<Self>, _ count: Int) -> Double
  static func momentStep(
    _ v: UnsafeMutablePointer<Self>, _ g: UnsafeMutablePointer<Self>,
    _ m: UnsafeMutablePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ count: Int,
    _ beta2: Double, _ mean: Double, _ root: Double, _ epsilon: Double
  ) -> Double
}

extension Float: PreconditionedElement {
  static func typed(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
    pointer.floats
  }
  static func combine(
    _ out: UnsafeMutablePointer<Float>, _ a: Double, _ x: UnsafeMutablePointer<Float>,
    _ b: Double, _ y: UnsafeMutablePointer<Float>, _ count: Int
  ) { vm_combine_f32(out, x, y, Float(a), Float(b), count) }
  static func sumOfSquares(_ x: UnsafeMutablePointer<Float>, _ count: Int) -> Double {
    vm_compare_f32(x, x, count).product
  }
  static func momentStep(
    _ v: UnsafeMutablePointer<Float>, _ g: UnsafeMutablePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int,
    _ beta2: Double, _ mean: Double, _ root: Double, _ epsilon: Double
  ) -> Double { vm_moment_step_f32(v, g, m, out, count, beta2, mean, root, epsilon) }
}

extension Double: PreconditionedElement {
  static func typed(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Double> {
    pointer.doubles
  }
  static func combine(
    _ out: UnsafeMutablePointer<Double>, _ a: Double, _ x: UnsafeMutablePointer<Double>,
    _ b: Double, _ y: UnsafeMutablePointer<Double>, _ count: Int
  ) { vm_combine_f64(out, x, y, a, b, count) }
  static func sumOfSquares(_ x: UnsafeMutablePointer<Double>, _ count: Int) -> Double {
    (0..<count).reduce(0.0) { $0 + x[$1] * x[$1] }
  }
  static func momentStep(
    _ v: UnsafeMutablePointer<Double>, _ g: UnsafeMutablePointer<Double>,
    _ m: UnsafeMutablePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int,
    _ beta2: Double, _ mean: Double, _ root: Double, _ epsilon: Double
  ) -> Double { vm_moment_step_f64(v, g, m, out, count, beta2, mean, root, epsilon) }
}
