/// How windows move over volumes `[depth, height, width]`; an image has the depth 1.
public struct WindowGeometry: Sendable {
  /// Elements of a channel of the input.
  let inputs: Int
  /// Elements of the window.
  let taps: Int
  /// Elements of a channel of the output: `lines` rows of `width`.
  let positions: Int
  let lines: Int
  let width: Int
  /// Whether each window is one element, and that the one at its place.
  let isPointwise: Bool
  /// As `vm_geometry` has them.
  private var numbers: InlineArray<21, Int64>

  /// - Parameters: of 1 to 3 axes, the last of which is the width.
  public init(
    input: [Int], size: [Int], output: [Int], stride: [Int], padding: [Int], dilation: [Int]
  ) {
    numbers = .init(repeating: 1)
    var place = 1
    for (extents, rest) in [
      (input, 1), (size, 1), (output, 1), (stride, 1), (padding, 0), (dilation, 1),
    ] {
      for axis in 0..<3 {
        let from = axis - (3 - extents.count)
        numbers[place] = Int64(from < 0 ? rest : extents[from])
        place += 1
      }
    }
    inputs = input.reduce(1, *)
    taps = size.reduce(1, *)
    positions = output.reduce(1, *)
    width = output[output.count - 1]
    lines = positions / width
    isPointwise = taps == 1 && stride.allSatisfy { $0 == 1 } && padding.allSatisfy { $0 == 0 }
  }

  /// Windows that the input is cut in: place `i` of `O` along an axis of `L` elements is
  /// `floor(i L / O) ..< ceil((i + 1) L / O)`.
  public init(input: [Int], adaptedTo output: [Int]) {
    let ones = input.map { _ in 1 }
    self.init(
      input: input, size: ones, output: output, stride: ones, padding: input.map { _ in 0 },
      dilation: ones)
  }

  /// An image's extents by height and width, of a window without dilation.
  struct Plane {
    let input, size, output, stride, padding: (height: Int, width: Int)
  }

  /// `nil` for volumes and with dilation.
  var plane: Plane? {
    func pair(_ place: Int) -> (height: Int, width: Int) {
      (Int(numbers[place]), Int(numbers[place + 1]))
    }
    let isFlat = numbers[1] == 1 && numbers[4] == 1 && numbers[7] == 1 && numbers[13] == 0
    let dilation = pair(17)
    guard
      isFlat, dilation.height == 1 || numbers[5] == 1, dilation.width == 1 || numbers[6] == 1
    else { return nil }
    return Plane(
      input: pair(2), size: pair(5), output: pair(8), stride: pair(11), padding: pair(14))
  }

  /// Runs a body with the numbers as C wants them.
  ///
  /// - Parameter lines: the rows of the output that columns are made of.
  @inline(__always)
  func withNumbers(
    channels: Int = 1, lines: Range<Int> = 0..<0, _ body: (UnsafePointer<Int64>?) -> Void
  ) {
    var numbers = numbers
    numbers[0] = Int64(channels)
    numbers[19] = Int64(lines.lowerBound)
    numbers[20] = Int64(lines.upperBound)
    numbers.span.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
