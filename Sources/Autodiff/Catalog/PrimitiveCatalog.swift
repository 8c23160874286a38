import Tensors

/// A primitive in the catalog, with the cases in which its derivative is checked.
public struct PrimitiveEntry: Sendable {
  public let name: String
  public let cases: [PrimitiveCase]
  /// The primitive whose derivative this is, when it has none itself: its own check covers this one.
  public let isDerivativeOf: String?

  init(_ name: String, isDerivativeOf: String? = nil, cases: [PrimitiveCase] = []) {
    self.name = name
    self.isDerivativeOf = isDerivativeOf
    self.cases = cases
  }
}

/// All primitives.
public enum PrimitiveCatalog {
  public static let all: [PrimitiveEntry] =
    Arithmetic.entries + Elementwise.entries
    + [Scale.entry, Sum.entry, Broadcast.entry, Reshape.entry, Copy.entry, Transpose.entry]
    + ActivationFunction.entries + ActivationGradient.entries
    + [MatrixProduct.entry, Linear.entry] + Softmax.entries
    + [SoftmaxCrossEntropy.entry] + ElementLoss.entries
    + [
      Convolution2D.entry, Convolution2DInputGradient.entry, Convolution2DKernelGradient.entry,
      MaxPool2D.entry, MaxPool2DGradient.entry, Dropout.entry,
    ]
}

extension Arithmetic {
  static var entries: [PrimitiveEntry] {
    Operation.allCases.map { operation in
      let primitive = Arithmetic(operation: operation)
      let second: PrimitiveCase.Numbers = operation == .divide ? .positive : .signed
      let shapes: [(Shape, Shape)] = [
        ([3, 4], [3, 4]), ([3, 4], [4]), ([3, 4], [3, 1]), ([4], [3, 4]), ([3, 4], []),
        ([], [2, 3]), ([2, 3, 1, 5], [3, 4, 1]), ([2, 1, 4], [1, 3, 1]), ([37], [37]),
      ]
      return PrimitiveEntry(
        primitive.name,
        cases: shapes.map { PrimitiveCase(primitive, [.init($0), .init($1, second)]) })
    }
  }
}

extension Elementwise {
  static var entries: [PrimitiveEntry] {
    Function.allCases.map { function in
      let primitive = Elementwise(function: function)
      let isPositive = function == .log || function == .sqrt
      let shapes: [Shape] = [[], [5], [3, 17], [2, 3, 4]]
      return PrimitiveEntry(
        primitive.name,
        cases: shapes.map {
          PrimitiveCase(primitive, [.init($0, isPositive ? .positive : .signed)])
        })
    }
  }
}

extension Scale {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "scale",
      cases: [
        PrimitiveCase(Scale(factor: -2.5), [.init([3, 4])]),
        PrimitiveCase(Scale(factor: 0.3), [.init([])]),
      ])
  }
}

extension Sum {
  static var entry: PrimitiveEntry {
    let cases: [(Shape, [Int])] = [
      ([3, 4], [0]), ([3, 4], [1]), ([3, 4], [0, 1]), ([2, 3, 4], [1]), ([2, 3, 4, 5], [0, 2, 3]),
      ([2, 3, 4], [0, 2]), ([5], [0]), ([3, 1, 2], []), ([40, 19], [0]),
    ]
    return PrimitiveEntry(
      "sum",
      cases: cases.flatMap { shape, axes in
        [true, false].map { PrimitiveCase(Sum(axes: axes, keepsAxes: $0), [.init(shape)]) }
      })
  }
}

extension Broadcast {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Shape)] = [
      ([], [3, 4]), ([4], [3, 4]), ([3, 1], [3, 4]), ([2, 1, 4], [2, 3, 4]), ([1], [7]),
    ]
    return PrimitiveEntry(
      "broadcast", cases: shapes.map { PrimitiveCase(Broadcast(shape: $1), [.init($0)]) })
  }
}

extension Reshape {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Shape)] = [([3, 4], [2, 6]), ([1], []), ([2, 3, 4], [24])]
    return PrimitiveEntry(
      "reshape", cases: shapes.map { PrimitiveCase(Reshape(shape: $1), [.init($0)]) })
  }
}

extension Copy {
  static var entry: PrimitiveEntry {
    PrimitiveEntry("copy", cases: [PrimitiveCase(Copy(), [.init([3, 4])])])
  }
}

extension Transpose {
  static var entry: PrimitiveEntry {
    let cases: [(Shape, [Int])] = [
      ([3, 4], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4, 5], [0, 2, 3, 1]), ([4], [0]),
    ]
    return PrimitiveEntry(
      "transpose", cases: cases.map { PrimitiveCase(Transpose(axes: $1), [.init($0)]) })
  }
}

extension ActivationFunction {
  static let kinds: [ActivationKind] = [
    .relu, .sigmoid, .tanh, .leakyRelu(0.2), .leakyRelu(-0.5), .elu(1), .elu(0.7), .elu(-0.3),
    .gelu, .geluTanh, .swish,
  ]

  /// One entry a name, with the cases of all its parameters.
  static func grouped(_ entry: (ActivationKind) -> PrimitiveEntry) -> [PrimitiveEntry] {
    var entries: [PrimitiveEntry] = []
    for kind in kinds {
      let next = entry(kind)
      if let index = entries.firstIndex(where: { $0.name == next.name }) {
        entries[index] = PrimitiveEntry(
          next.name, isDerivativeOf: next.isDerivativeOf, cases: entries[index].cases + next.cases)
      } else {
        entries.append(next)
      }
    }
    return entries
  }

  static var entries: [PrimitiveEntry] {
    grouped { kind in
      let primitive = ActivationFunction(kind: kind)
      let shapes: [Shape] = [[3, 4], [37], []]
      return PrimitiveEntry(
        primitive.name, cases: shapes.map { PrimitiveCase(primitive, [.init($0)]) })
    }
  }
}

extension ActivationGradient {
  static var entries: [PrimitiveEntry] {
    ActivationFunction.grouped { kind in
      let primitive = ActivationGradient(kind: kind)
      return PrimitiveEntry(
        primitive.name, isDerivativeOf: kind.primitiveName,
        cases: [PrimitiveCase(primitive, [.init([3, 5]), .init([3, 5])], checked: [0])])
    }
  }
}

extension MatrixProduct {
  static var entry: PrimitiveEntry {
    var cases: [PrimitiveCase] = []
    for (m, k, n) in [(3, 4, 5), (1, 7, 1), (9, 1, 2), (17, 16, 19)] {
      for left in [false, true] {
        for right in [false, true] {
          cases.append(
            PrimitiveCase(
              MatrixProduct(transposeLeft: left, transposeRight: right),
              [.init(left ? [k, m] : [m, k]), .init(right ? [n, k] : [k, n])]))
        }
      }
    }
    return PrimitiveEntry("matmul", cases: cases)
  }
}

extension Linear {
  static var entry: PrimitiveEntry {
    let shapes = [(1, 1, 1), (5, 3, 4), (32, 13, 16), (2, 20, 3)]
    return PrimitiveEntry(
      "linear",
      cases: shapes.flatMap { rows, features, units in
        [
          PrimitiveCase(
            Linear(), [.init([rows, features]), .init([units, features]), .init([units])]),
          PrimitiveCase(Linear(), [.init([rows, features]), .init([units, features])]),
        ]
      })
  }
}

extension Softmax {
  static var entries: [PrimitiveEntry] {
    [false, true].flatMap { isLogarithm in
      let function = Softmax(isLogarithm: isLogarithm)
      let gradient = SoftmaxGradient(isLogarithm: isLogarithm)
      let shapes: [Shape] = [[3, 4], [5], [2, 3, 7], [4, 2], [2, 33]]
      return [
        PrimitiveEntry(
          function.name, cases: shapes.map { PrimitiveCase(function, [.init($0)]) }),
        PrimitiveEntry(
          gradient.name, isDerivativeOf: function.name,
          cases: shapes.map {
            PrimitiveCase(gradient, [.init($0), .init($0, isLogarithm ? .signed : .distribution)])
          }),
      ]
    }
  }
}

extension SoftmaxCrossEntropy {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Int)] = [
      ([4, 3], 3), ([5], 5), ([2, 3, 4], 4), ([33, 10], 10), ([1, 2], 2),
    ]
    return PrimitiveEntry(
      "softmax_cross_entropy",
      cases: shapes.map { shape, classes in
        PrimitiveCase(
          SoftmaxCrossEntropy(),
          [.init(shape), .init(Shape(Array(shape.dimensions.dropLast())), .classes(classes))])
      })
  }
}

extension ElementLoss {
  static var entries: [PrimitiveEntry] {
    Kind.allCases.map { kind in
      let shapes: [Shape] = [[4, 3], [1], [2, 3, 5], [70]]
      return PrimitiveEntry(
        kind.rawValue,
        cases: shapes.map {
          PrimitiveCase(ElementLoss(kind: kind), [.init($0), .init($0, .probabilities)])
        })
    }
  }
}

/// A convolution's shapes and settings.
private struct ConvolutionCase {
  var input: Shape
  var kernel: Shape
  var window: Window2D
  var groups = 1

  static let all: [ConvolutionCase] = [
    .init(input: [2, 3, 5, 6], kernel: [4, 3, 3, 3], window: .init(stride: (1, 1))),
    .init(
      input: [2, 3, 5, 6], kernel: [4, 3, 3, 3], window: .init(stride: (1, 1), padding: (1, 1))),
    .init(
      input: [1, 2, 7, 6], kernel: [3, 2, 3, 2], window: .init(stride: (2, 1), padding: (1, 0))),
    .init(
      input: [2, 4, 6, 5], kernel: [6, 2, 3, 3],
      window: .init(stride: (1, 1), padding: (2, 2), dilation: (2, 2)), groups: 2),
    .init(
      input: [1, 3, 6, 6], kernel: [3, 1, 2, 2], window: .init(stride: (2, 2)), groups: 3),
    .init(input: [3, 2, 4, 4], kernel: [5, 2, 1, 1], window: .init(stride: (1, 1))),
    .init(
      input: [1, 1, 4, 5], kernel: [2, 1, 4, 5], window: .init(stride: (3, 3), padding: (2, 1))),
    .init(
      input: [2, 2, 5, 5], kernel: [2, 2, 2, 2],
      window: .init(stride: (2, 3), padding: (1, 1), dilation: (1, 2))),
  ]

  var output: Shape {
    let types = [TensorType(input, .float64), TensorType(kernel, .float64)]
    let found = try? Convolution2D(window: window, groups: groups).type(of: types)
    return found?.shape ?? []
  }
}

extension Convolution2D {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "conv2d",
      cases: ConvolutionCase.all.flatMap { used in
        let primitive = Convolution2D(window: used.window, groups: used.groups)
        return [
          PrimitiveCase(primitive, [.init(used.input), .init(used.kernel)]),
          PrimitiveCase(
            primitive, [.init(used.input), .init(used.kernel), .init([used.kernel[0]])]),
        ]
      })
  }
}

extension Convolution2DInputGradient {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "conv2d_input_gradient", isDerivativeOf: "conv2d",
      cases: ConvolutionCase.all.map { used in
        PrimitiveCase(
          Convolution2DInputGradient(
            window: used.window, groups: used.groups, input: used.input),
          [.init(used.output), .init(used.kernel)])
      })
  }
}

extension Convolution2DKernelGradient {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "conv2d_kernel_gradient", isDerivativeOf: "conv2d",
      cases: ConvolutionCase.all.map { used in
        PrimitiveCase(
          Convolution2DKernelGradient(
            window: used.window, groups: used.groups, kernel: used.kernel),
          [.init(used.output), .init(used.input)])
      })
  }
}

extension MaxPool2D {
  static var entry: PrimitiveEntry {
    let cases: [(Shape, (Int, Int), (Int, Int), (Int, Int))] = [
      ([2, 3, 4, 6], (2, 2), (2, 2), (0, 0)), ([1, 2, 5, 5], (3, 3), (2, 2), (1, 1)),
      ([2, 1, 5, 6], (3, 2), (1, 1), (0, 1)), ([1, 1, 7, 3], (2, 3), (3, 1), (1, 0)),
    ]
    return PrimitiveEntry(
      "max_pool2d",
      cases: cases.map { shape, size, stride, padding in
        PrimitiveCase(
          MaxPool2D(size: .init(size), window: Window2D(stride: stride, padding: padding)),
          [.init(shape, .distinct)])
      })
  }
}

extension MaxPool2DGradient {
  static var entry: PrimitiveEntry {
    PrimitiveEntry("max_pool2d_gradient", isDerivativeOf: "max_pool2d")
  }
}

extension Dropout {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "dropout",
      cases: [(0.5, [4, 5] as Shape), (0.1, [2, 3, 4]), (0, [3])].map { rate, shape in
        PrimitiveCase(
          Dropout(rate: rate, stream: "check"), [.init(shape), .init([4], .seedAndStep)])
      })
  }
}
