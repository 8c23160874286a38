import CPictures

/// Brings pictures of one size to another by weighted means, as Pillow's `BILINEAR` does.
enum ImageResizer {
  /// - Parameter pixels: of `channels` bytes each, row after row.
  /// - Throws: `DatasetError` when there's no memory.
  static func resize(
    _ pixels: [UInt8], height: Int, width: Int, channels: Int, to newHeight: Int, _ newWidth: Int
  ) throws(DatasetError) -> [UInt8] {
    if height == newHeight, width == newWidth { return pixels }
    var isResized = false
    let resized = [UInt8](unsafeUninitializedCapacity: newHeight * newWidth * channels) {
      isResized = pc_resize(pixels, height, width, channels, $0.baseAddress, newHeight, newWidth)
      $1 = isResized ? $0.count : 0
    }
    guard isResized else {
      throw DatasetError(.unavailable, "there is no memory to bring a picture to another size")
    }
    return resized
  }

  /// The same with one channel after the other.
  static func planar(_ pixels: [UInt8], channels: Int) -> [UInt8] {
    guard channels > 1 else { return pixels }
    return [UInt8](unsafeUninitializedCapacity: pixels.count) {
      pc_planes(pixels, pixels.count / channels, channels, $0.baseAddress)
      $1 = pixels.count
    }
  }
}
