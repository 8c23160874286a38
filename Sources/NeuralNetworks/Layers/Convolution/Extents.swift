import JSON
import Tensors

/// How many axes a window moves along, and how an example has them.
public protocol SpatialAxes: Sendable {
  static var count: Int { get }
}

/// Sequences `[T, C]`.
public enum OneAxis: SpatialAxes { public static let count = 1 }
/// Images `[C, H, W]`.
public enum TwoAxes: SpatialAxes { public static let count = 2 }
/// Volumes `[C, D, H, W]`.
public enum ThreeAxes: SpatialAxes { public static let count = 3 }

extension SpatialAxes {
  /// The shape of an example, for messages.
  static var example: String { ["[T, C]", "[C, H, W]", "[C, D, H, W]"][count - 1] }

  /// What a member for each axis may be, for the catalog.
  static var words: String {
    ["an integer", "an integer or [height, width]", "an integer or [depth, height, width]"][
      count - 1]
  }

  /// The extents along the axes, without the channels.
  static func extents(of shape: Shape) -> [Int] {
    count == 1 ? [shape[0]] : Array(shape.dimensions.dropFirst())
  }

  static func shape(channels: Int, _ extents: [Int]) -> Shape {
    count == 1 ? [extents[0], channels] : Shape([channels] + extents)
  }

  static func repeated(_ extent: Int) -> [Int] { [Int](repeating: extent, count: count) }

  static func json(_ extents: [Int]) -> JSON {
    count == 1 ? .integer(extents[0]) : .array(extents.map(JSON.integer))
  }

  /// The shape of an output, for messages.
  static func output(_ channels: String) -> String {
    ["[T', \(channels)]", "[\(channels), H', W']", "[\(channels), D', H', W']"][count - 1]
  }

  /// - Parameters:
  ///   - type: the layer's.
  ///   - result: what it makes, for the rule.
  static func check(_ input: Shape, _ type: String, to result: String) throws(ShapeFault) {
    guard input.rank == (count == 1 ? 2 : count + 1) else {
      throw ShapeFault(
        "the input \(input) has \(input.rank) axes; \(type) needs the \(max(count + 1, 2)) of \(example)",
        rule: "\(example) -> \(result)")
    }
  }
}

extension ObjectReader {
  /// Reads an integer, which holds for each axis, or one an axis; `nil` when it's absent or at fault.
  mutating func extents(_ name: String, count: Int, in range: ClosedRange<Int>) -> [Int]? {
    guard let found = value(name) else { return nil }
    guard count > 1, found.array != nil else {
      return integer(name, in: range).map { [Int](repeating: $0, count: count) }
    }
    guard let elements = array(name, count: count...count) else { return nil }
    var extents: [Int] = []
    for (index, element) in elements.enumerated() {
      guard let extent = element.integer else {
        let words = count == 2 ? "a pair of" : "\(count)"
        fault(name, "expected \(words) integers, found \(element.kind) at index \(index)")
        continue
      }
      if range.contains(extent) {
        extents.append(extent)
      } else {
        fault(name, "\(extent) is out of range; from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    return extents.count == count ? extents : nil
  }
}
