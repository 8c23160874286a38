/// What a tensor's elements are.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  case float32
  case float64
  case int32
  case uint8

  public var byteCount: Int {
    switch self {
    case .float64: 8
    case .float32, .int32: 4
    case .uint8: 1
    }
  }

  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }
}

/// The shape and element type of a tensor: all that is known of it before it has contents.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  public var shape: Shape
  public var element: ElementType

  public init(_ shape: Shape, _ element: ElementType = .float32) {
    self.shape = shape
    self.element = element
  }

  public var byteCount: Int { shape.count * element.byteCount }
  public var description: String { "\(element.rawValue)\(shape)" }
}

/// A Swift type that can be an element.
public protocol TensorElement: BitwiseCopyable, Sendable {
  static var elementType: ElementType { get }
}

extension Float: TensorElement { public static var elementType: ElementType { .float32 } }
extension Double: TensorElement { public static var elementType: ElementType { .float64 } }
extension Int32: TensorElement { public static var elementType: ElementType { .int32 } }
extension UInt8: TensorElement { public static var elementType: ElementType { .uint8 } }
