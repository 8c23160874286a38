/// A dense row-major tensor whose contents never change once made.
public struct Tensor: Sendable {
  public let type: TensorType
  private let storage: Storage

  public var shape: Shape { type.shape }
  public var element: ElementType { type.element }

  /// A tensor filled by `initialize`, which must write every byte of the buffer.
  public init(type: TensorType, initialize: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows
  {
    self.type = type
    storage = try Storage(byteCount: type.byteCount, initialize: initialize)
  }

  /// - Precondition: as many elements as the shape says.
  public init<Element: TensorElement>(_ elements: [Element], shape: Shape) {
    precondition(elements.count == shape.count, "\(elements.count) elements for shape \(shape)")
    self.init(type: TensorType(shape, Element.elementType)) { bytes in
      elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }

  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    try body(UnsafeRawBufferPointer(storage.bytes))
  }

  /// The elements as an array.
  ///
  /// - Precondition: `Element` is the tensor's element type.
  public func elements<Element: TensorElement>(of: Element.Type = Element.self) -> [Element] {
    precondition(Element.elementType == element, "the elements are \(element), not \(Element.self)")
    return withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
  }

  /// Written only while it is made, by the one who makes it; so it may be shared between threads.
  private final class Storage: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int, initialize: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
      bytes = .allocate(byteCount: byteCount, alignment: 64)
      do {
        try initialize(bytes)
      } catch {
        bytes.deallocate()
        throw error
      }
    }

    deinit { bytes.deallocate() }
  }
}
