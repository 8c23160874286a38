import JSON
import Tensors

/// A height and a width, written as `[3, 5]`, or as `3` when they are the same.
public struct Pair: Hashable, Sendable, CustomStringConvertible {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  public var description: String { "[\(height), \(width)]" }
  var json: JSON { [.integer(height), .integer(width)] }
}

extension ObjectReader {
  /// Reads an integer or a pair of integers; `nil` when it's absent or at fault.
  mutating func pair(_ name: String, in range: ClosedRange<Int>) -> Pair? {
    guard let found = value(name) else { return nil }
    guard found.array != nil else {
      return integer(name, in: range).map { Pair($0, $0) }
    }
    guard let elements = array(name, count: 2...2) else { return nil }
    var extents: [Int] = []
    for (index, element) in elements.enumerated() {
      guard let extent = element.integer else {
        fault("\(name)", "expected a pair of integers, found \(element.kind) at index \(index)")
        continue
      }
      if range.contains(extent) {
        extents.append(extent)
      } else {
        fault(name, "\(extent) is out of range; from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    return extents.count == 2 ? Pair(extents[0], extents[1]) : nil
  }
}

/// Where a window over an image may stand.
struct Window: Hashable, Sendable {
  var size: Pair
  var stride: Pair
  var padding: Pair
  var dilation: Pair

  static let rule =
    "output = floor((input + 2 padding - dilation (size - 1) - 1) / stride) + 1, at least 1"

  /// The output's height and width for an input's.
  func output(height: Int, width: Int) -> Pair {
    Pair(
      Window.extent(height, size.height, stride.height, padding.height, dilation.height),
      Window.extent(width, size.width, stride.width, padding.width, dilation.width))
  }

  private static func extent(
    _ input: Int, _ size: Int, _ stride: Int, _ padding: Int, _ dilation: Int
  ) -> Int {
    let room = input + 2 * padding - dilation * (size - 1) - 1
    return room < 0 ? 0 : room / stride + 1
  }

  /// The output of an image `[C, H, W]`, with `channels` channels.
  func output(of input: Shape, channels: Int, field: String) throws(ShapeFault) -> Shape {
    let extents = output(height: input[1], width: input[2])
    guard extents.height >= 1, extents.width >= 1 else {
      throw ShapeFault(
        field: field,
        "a window of \(size) with dilation \(dilation) doesn't fit the input \(input) with padding "
          + "\(padding); the output would be \(Shape([channels, extents.height, extents.width]))",
        rule: Window.rule)
    }
    return Shape([channels, extents.height, extents.width])
  }
}
