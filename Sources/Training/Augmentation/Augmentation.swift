import JSON
import Tensors

/// A change made to examples anew each time they are trained on, never when they are evaluated.
///
/// What it does is a function of the seed, the step and the example's place in the step. A new one is a file here, a line in
/// `AugmentationCatalog` and a test.
public protocol Augmentation: Sendable {
  static var documentation: CatalogEntry { get }

  /// Reads the configuration; what is wrong with it is recorded in the reader.
  init(from reader: inout ObjectReader)

  var configuration: [(String, JSON)] { get }

  /// What keeps it from changing such inputs: the member at fault, and why.
  func faults(_ input: AugmentedInput) -> [(member: String, detail: String)]

  /// Whether it makes one example of two, so that targets must be numbers that can be mixed.
  var mixes: Bool { get }

  /// Changes the examples of a pass where they lie.
  ///
  /// - Precondition: it has no fault with the input.
  func apply(to pass: AugmentedPass)
}

extension Augmentation {
  public static var type: String { documentation.type }
  public var mixes: Bool { false }

  /// The augmentation as canonical JSON.
  public var json: JSON { .object(JSONObject([("type", .string(Self.type))] + configuration)) }
}

/// The model's only input, as augmentations see it.
public struct AugmentedInput: Sendable {
  /// Of an example: `[C, H, W]` for images, `[L]` for tokens.
  public let shape: Shape
  /// How many different tokens there are; `nil` for numbers.
  public let vocabulary: Int?
  /// Whether some of its numbers stand for categories.
  public var hasCategories = false
  /// From the numbers of the upload to those in memory; `nil` where each has its own.
  public let encode: (subtract: Double, divide: Double)?
  /// The range of the upload's numbers, where it is known: bytes.
  public let range: ClosedRange<Double>?

  public var isImage: Bool { vocabulary == nil && shape.rank == 3 }
  var planes: Int { shape[0] }
  var height: Int { shape[1] }
  var width: Int { shape[2] }

  /// A number of the upload as it lies in memory.
  func encoded(_ value: Double) -> Float {
    guard let encode else { return Float(value) }
    return Float((value - encode.subtract) / encode.divide)
  }

  /// The fault of whatever is for images only, where these are none.
  var imageFault: [(member: String, detail: String)] {
    isImage
      ? []
      : [
        (
          "type",
          "needs images, [channels, height, width]; an example's input is "
            + (vocabulary == nil ? "\(shape)" : "\(shape) tokens")
        )
      ]
  }
}

/// The examples of one pass, ready for the model.
public struct AugmentedPass {
  public let input: AugmentedInput
  /// Rows of `[shape]`, `float32`, or `int32` tokens.
  let values: UnsafeMutableRawPointer
  /// Rows of each target that can be mixed, with how many numbers a row has.
  let targets: [(numbers: UnsafeMutablePointer<Float>, width: Int)]
  public let rows: Int
  /// The place of the first row in its step.
  let first: Int
  let step: Int
  let philox: Philox
  /// Memory of all rows, inputs and targets.
  let scratch: UnsafeMutablePointer<Float>

  /// The numbers of a row.
  func pixels(_ row: Int) -> UnsafeMutablePointer<Float> {
    values.assumingMemoryBound(to: Float.self) + row * input.shape.count
  }

  /// Random numbers of a row, the same whenever the step is repeated.
  func generator(row: Int) -> Philox.Generator {
    // Steps stay below 2³⁰, places in a step below 2²⁸.
    philox.generator(stream: UInt64(step) << 32 | UInt64(first + row))
  }

  /// Random numbers of the pass.
  func generator() -> Philox.Generator {
    philox.generator(stream: UInt64(step) << 32 | 1 << 31 | UInt64(first))
  }
}

extension Philox.Generator {
  /// Evenly between two numbers.
  mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }
}
