/// Brings pictures of one size to another by weighted means, so that nothing is skipped where they become smaller.
///
/// A triangle as wide as two pixels of the smaller grid weighs the pixels around each place, first along rows, then along columns, as
/// Pillow's `BILINEAR` does.
struct ImageResizer {
  /// For each place of one axis: where its pixels begin, and what each weighs.
  private struct Axis {
    let starts: [Int]
    let weights: [[Float]]

    init(from: Int, to: Int) {
      let scale = Double(from) / Double(to)
      let reach = max(scale, 1)
      var starts: [Int] = []
      var weights: [[Float]] = []
      for place in 0..<to {
        let center = (Double(place) + 0.5) * scale
        let first = max(0, Int(center - reach + 0.5))
        let last = min(from, Int(center + reach + 0.5))
        var own = (first..<last).map { max(0, 1 - abs((Double($0) + 0.5 - center) / reach)) }
        let sum = own.reduce(0, +)
        own = own.map { $0 / sum }
        starts.append(first)
        weights.append(own.map(Float.init))
      }
      self.starts = starts
      self.weights = weights
    }
  }

  /// Pixels of `channels` bytes each, row after row.
  static func resize(
    _ pixels: [UInt8], height: Int, width: Int, channels: Int, to newHeight: Int, _ newWidth: Int
  ) -> [UInt8] {
    if height == newHeight, width == newWidth { return pixels }
    let (across, down) = (Axis(from: width, to: newWidth), Axis(from: height, to: newHeight))
    var narrow = [UInt8](repeating: 0, count: height * newWidth * channels)
    for row in 0..<height {
      for column in 0..<newWidth {
        let start = across.starts[column]
        for channel in 0..<channels {
          var sum: Float = 0
          for (offset, weight) in across.weights[column].enumerated() {
            sum += weight * Float(pixels[(row * width + start + offset) * channels + channel])
          }
          narrow[(row * newWidth + column) * channels + channel] = UInt8(
            min(255, max(0, sum.rounded())))
        }
      }
    }
    var resized = [UInt8](repeating: 0, count: newHeight * newWidth * channels)
    let stride = newWidth * channels
    for row in 0..<newHeight {
      let start = down.starts[row]
      for element in 0..<stride {
        var sum: Float = 0
        for (offset, weight) in down.weights[row].enumerated() {
          sum += weight * Float(narrow[(start + offset) * stride + element])
        }
        resized[row * stride + element] = UInt8(min(255, max(0, sum.rounded())))
      }
    }
    return resized
  }
}
