import Kernels
import Tensors

/// The first operation of a pass that made something that isn't a finite number out of what was finite.
public struct UnsoundOperation: Hashable, Sendable, Codable {
  /// What a tensor holds.
  public struct Contents: Hashable, Sendable, Codable {
    public let shape: [Int]
    public let nanCount: Int
    public let positiveInfinityCount: Int
    public let negativeInfinityCount: Int
    /// Of the finite elements; `nil` when there's none.
    public let minimum: Double?
    public let maximum: Double?

    public var infinityCount: Int { positiveInfinityCount + negativeInfinityCount }
    public var nonFiniteCount: Int { nanCount + infinityCount }
  }

  /// The primitive's name, such as `log`.
  public let operation: String
  /// The layer it belongs to, or `loss`.
  public let scope: String
  /// Whether it belongs to the derivative rather than to the forward pass.
  public let isBackward: Bool
  public let output: Contents
  /// Those of its inputs that are floating-point numbers.
  public let inputs: [Contents]
}

extension Executor {
  /// Computes the outputs as `run()` does, and looks at what each operation made of its inputs.
  ///
  /// NaN counts as new where no input has one, infinities likewise: a mask that brings its own isn't at fault. Names
  /// operations one by one only in a plan made with `Plan.Options.none` and without taking memory over.
  ///
  /// - Returns: `nil` when no operation made anything that isn't finite.
  public func examine() -> UnsoundOperation? {
    enter()
    for step in plan.lower(memory, arena: arena, bindings: bindings) {
      KernelSequence(step.calls).run(on: team)
      guard let output = UnsoundOperation.Contents(step.output), output.nonFiniteCount > 0 else {
        continue
      }
      let inputs = step.inputs.compactMap(UnsoundOperation.Contents.init)
      let isNewNaN = output.nanCount > 0 && inputs.allSatisfy { $0.nanCount == 0 }
      let isNewInfinity = output.infinityCount > 0 && inputs.allSatisfy { $0.infinityCount == 0 }
      guard isNewNaN || isNewInfinity else { continue }
      return UnsoundOperation(
        operation: step.primitive, scope: step.scope,
        isBackward: step.value.index >= plan.graph.forwardCount ?? .max, output: output,
        inputs: inputs)
    }
    return nil
  }
}

extension UnsoundOperation.Contents {
  /// `nil` for tensors that aren't floating-point numbers.
  init?(_ operand: Operand) {
    let count = operand.type.shape.count
    switch operand.type.element {
    case .float32:
      let start = UnsafeRawPointer(operand.pointer).assumingMemoryBound(to: Float.self)
      self.init(UnsafeBufferPointer(start: start, count: count), operand.type.shape)
    case .float64:
      let start = UnsafeRawPointer(operand.pointer).assumingMemoryBound(to: Double.self)
      self.init(UnsafeBufferPointer(start: start, count: count), operand.type.shape)
    default: return nil
    }
  }

  private init<Element: BinaryFloatingPoint>(
    _ elements: UnsafeBufferPointer<Element>, _ shape: Shape
  ) {
    var (nan, positive, negative) = (0, 0, 0)
    var (least, largest) = (Element.infinity, -Element.infinity)
    for element in elements {
      if element.isNaN {
        nan += 1
      } else if element.isInfinite {
        if element > 0 { positive += 1 } else { negative += 1 }
      } else {
        least = min(least, element)
        largest = max(largest, element)
      }
    }
    self.init(
      shape: shape.dimensions, nanCount: nan, positiveInfinityCount: positive,
      negativeInfinityCount: negative, minimum: least > largest ? nil : Double(least),
      maximum: least > largest ? nil : Double(largest))
  }
}
