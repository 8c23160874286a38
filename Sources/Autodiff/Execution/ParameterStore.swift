import Tensors

/// The memory of a model's parameters, or of as many gradients or optimizer slots: one aligned block.
///
/// Plans bind their parameters and gradients to it, so that kernels read and write it in place.
/// Who shares a store between threads sees to it that only one of them writes.
public final class ParameterStore: @unchecked Sendable {
  public let names: [String]
  public let shapes: [Shape]
  public let element: ElementType
  /// Where each parameter begins, in bytes from the block's start; multiples of 64.
  public let offsets: [Int]
  /// The block's size, with the gaps between parameters.
  public let byteCount: Int
  private let base: UnsafeMutableRawPointer
  private let indices: [String: Int]

  /// All elements begin as 0.
  ///
  /// - Precondition: each shape's elements can be counted, and no two names are the same.
  public init(_ descriptions: [(name: String, shape: Shape)], element: ElementType) {
    names = descriptions.map(\.name)
    shapes = descriptions.map(\.shape)
    self.element = element
    var offsets: [Int] = []
    var end = 0
    for shape in shapes {
      offsets.append(end)
      end += ArenaLayout.rounded(shape.count * element.byteCount)
    }
    self.offsets = offsets
    byteCount = end
    indices = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    base = .allocate(byteCount: max(end, ArenaLayout.alignment), alignment: ArenaLayout.alignment)
    zero()
  }

  deinit { base.deallocate() }

  public var count: Int { names.count }
  /// The elements of all parameters together.
  public var elementCount: Int { shapes.reduce(0) { $0 + $1.count } }

  public func pointer(_ index: Int) -> UnsafeMutableRawPointer { base + offsets[index] }

  /// - Returns: `nil` when there is no parameter of that name.
  public func pointer(_ name: String) -> UnsafeMutableRawPointer? { index(of: name).map(pointer) }

  public func index(of name: String) -> Int? { indices[name] }

  /// The bytes of one parameter.
  public func bytes(_ index: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: pointer(index), count: shapes[index].count * element.byteCount)
  }

  public func zero() { base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount) }

  /// - Precondition: the other has the same shapes and element type.
  public func copy(from other: ParameterStore) {
    precondition(shapes == other.shapes && element == other.element, "the stores differ")
    base.copyMemory(from: other.base, byteCount: byteCount)
  }
}
