/// A dense row-major tensor whose contents never change while anybody else holds it.
public struct Tensor: Sendable {
  public let type: TensorType
  private var storage: Storage

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

  /// Writes other contents over these, if nobody else holds them.
  ///
  /// Memory that is there already is filled several times faster than new memory, whose pages the system has yet to find.
  ///
  /// - Parameter initialize: must write every byte of the buffer.
  /// - Returns: whether it did.
  public mutating func overwrite(_ initialize: (UnsafeMutableRawBufferPointer) -> Void) -> Bool {
    guard isKnownUniquelyReferenced(&storage) else { return false }
    initialize(storage.bytes)
    return true
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

  /// Written only by the one who alone holds it; so it may be shared between threads.
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
