import CPNG

extension Dataset {
  /// Whether its examples are pictures: one or three channels of rows of pixels.
  public var holdsPictures: Bool {
    let shape = inputShape
    return tokens == nil && graph == nil && shape.rank == 3 && (shape[0] == 1 || shape[0] == 3)
      && shape.count <= 1 << 24
  }

  /// An example as a PNG; numbers that aren't bytes are brought to 0…255 by the least and the largest of them.
  ///
  /// - Precondition: it holds pictures, and has an example of this index.
  public func picture(_ index: Int) -> [UInt8] {
    let (channels, height, width) = (inputShape[0], inputShape[1], inputShape[2])
    var numbers = [Float](repeating: 0, count: inputShape.count)
    numbers.withUnsafeMutableBufferPointer { numbers in
      guard let place = numbers.baseAddress else { return }
      withUnsafePointer(to: index) {
        gatherInputs(indices: UnsafeBufferPointer(start: $0, count: 1), into: place)
      }
    }
    let isBytes = description.input.stored == .uint8 && description.input.scalings == [.unit]
    let least = isBytes ? 0 : numbers.min() ?? 0
    let range = isBytes ? 1 : (numbers.max() ?? 1) - least
    var pixels = [UInt8](repeating: 0, count: numbers.count)
    let plane = height * width
    for place in 0..<plane {
      for channel in 0..<channels {
        let share = range > 0 ? (numbers[channel * plane + place] - least) / range : 0
        pixels[place * channels + channel] = UInt8(max(0, min(255, (share * 255).rounded())))
      }
    }
    var size = 0
    let (across, down) = (UInt32(width), UInt32(height))
    let hasColour: Int32 = channels == 3 ? 1 : 0
    guard chainrule_png_write(nil, &size, pixels, across, down, hasColour) != 0 else { return [] }
    var file = [UInt8](repeating: 0, count: size)
    guard chainrule_png_write(&file, &size, pixels, across, down, hasColour) != 0 else { return [] }
    return Array(file.prefix(size))
  }
}
