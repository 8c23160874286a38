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
  /// Whose memory this is, when it's a part of another store.
  private let owner: ParameterStore?

  /// All elements begin as 0, and so do the gaps between parameters.
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
    owner = nil
    // The gaps too, so that all of the block can be read as one vector.
    base.initializeMemory(as: UInt8.self, repeating: 0, count: max(end, ArenaLayout.alignment))
  }

  private init(_ whole: ParameterStore, entries: [Int]) {
    names = entries.map { whole.names[$0] }
    shapes = entries.map { whole.shapes[$0] }
    offsets = entries.map { whole.offsets[$0] }
    element = whole.element
    byteCount = shapes.reduce(0) { $0 + ArenaLayout.rounded($1.count * whole.element.byteCount) }
    indices = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    base = whole.base
    owner = whole
  }

  deinit { if owner == nil { base.deallocate() } }

  /// Some of this store's entries, in the same memory.
  ///
  /// - Precondition: each index is one of an entry, and none occurs twice.
  public func selecting(_ entries: [Int]) -> ParameterStore {
    ParameterStore(self, entries: entries)
  }

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

  public func zero() {
    for index in names.indices {
      pointer(index).initializeMemory(as: UInt8.self, repeating: 0, count: bytes(index).count)
    }
  }

  /// - Precondition: the other has the same shapes and element type.
  public func copy(from other: ParameterStore) {
    precondition(shapes == other.shapes && element == other.element, "the stores differ")
    for index in names.indices {
      bytes(index).copyMemory(from: UnsafeRawBufferPointer(other.bytes(index)))
    }
  }
}
