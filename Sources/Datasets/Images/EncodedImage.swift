import CPNG
import CTurboJPEG
import CWebP
import Foundation

/// Pictures in files: PNG by libpng, JPEG by libjpeg-turbo, WebP by libwebp.
///
/// What a file says of its size is looked at before anything is made of it.
struct EncodedImage {
  enum Kind: String {
    case png, jpeg, webp
  }

  let kind: Kind
  let height: Int
  let width: Int
  /// Whether it has colours.
  let hasColour: Bool
  private let bytes: [UInt8]

  /// - Throws: `DatasetError` when it is no picture of a known kind, or has more pixels than are taken.
  init(_ bytes: [UInt8], limits: ImportLimits) throws(DatasetError) {
    self.bytes = bytes
    let found: (kind: Kind, width: Int, height: Int, hasColour: Bool)?
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      found = EncodedImage.png(bytes)
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      found = EncodedImage.jpeg(bytes)
    } else if bytes.count > 12, bytes.starts(with: Array("RIFF".utf8)),
      bytes[8..<12].elementsEqual("WEBP".utf8)
    {
      found = EncodedImage.webp(bytes)
    } else {
      throw DatasetError(
        .unsupported, "is no PNG, JPEG or WebP; convert it, or leave it out of the archive")
    }
    guard let found, found.width > 0, found.height > 0 else {
      throw DatasetError(.malformed, "is damaged or truncated; save the picture again")
    }
    guard found.width.multipliedReportingOverflow(by: found.height).overflow == false,
      found.width * found.height <= limits.imagePixels
    else {
      throw DatasetError(
        .limitExceeded,
        "says it has \(found.width) by \(found.height) pixels; at most \(limits.imagePixels) in all"
      )
    }
    (kind, width, height, hasColour) = found
  }

  /// Its pixels as bytes, row after row, three a pixel where it's wanted in colours, else one.
  func pixels(inColour: Bool) throws(DatasetError) -> [UInt8] {
    let channels = inColour ? 3 : 1
    var pixels = [UInt8](repeating: 0, count: height * width * channels)
    let isRead =
      switch kind {
      case .png: readPNG(into: &pixels, inColour: inColour)
      case .jpeg: readJPEG(into: &pixels, inColour: inColour)
      case .webp: readWebP(into: &pixels, inColour: inColour)
      }
    guard isRead else {
      throw DatasetError(.malformed, "is damaged or truncated; save the picture again")
    }
    return pixels
  }

  // MARK: - PNG

  private static func png(
    _ bytes: [UInt8]
  ) -> (kind: Kind, width: Int, height: Int, hasColour: Bool)? {
    var image = png_image()
    guard chainrule_png_begin(&image, bytes, bytes.count) != 0 else { return nil }
    defer { png_image_free(&image) }
    return (.png, Int(image.width), Int(image.height), chainrule_png_has_colour(&image) != 0)
  }

  private func readPNG(into pixels: inout [UInt8], inColour: Bool) -> Bool {
    var image = png_image()
    guard chainrule_png_begin(&image, bytes, bytes.count) != 0 else { return false }
    defer { png_image_free(&image) }
    return chainrule_png_finish(&image, &pixels, inColour ? 1 : 0) != 0
  }

  // MARK: - JPEG

  private static func jpeg(
    _ bytes: [UInt8]
  ) -> (kind: Kind, width: Int, height: Int, hasColour: Bool)? {
    guard let reader = tjInitDecompress() else { return nil }
    defer { tjDestroy(reader) }
    var (width, height, sampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let status = tjDecompressHeader3(
      reader, bytes, UInt(bytes.count), &width, &height, &sampling, &space)
    guard status == 0 else { return nil }
    return (.jpeg, Int(width), Int(height), space != Int32(TJCS_GRAY.rawValue))
  }

  private func readJPEG(into pixels: inout [UInt8], inColour: Bool) -> Bool {
    guard let reader = tjInitDecompress() else { return false }
    defer { tjDestroy(reader) }
    let format = inColour ? TJPF_RGB : TJPF_GRAY
    return tjDecompress2(
      reader, bytes, UInt(bytes.count), &pixels, Int32(width), 0, Int32(height), format.rawValue, 0)
      == 0
  }

  // MARK: - WebP

  private static func webp(
    _ bytes: [UInt8]
  ) -> (kind: Kind, width: Int, height: Int, hasColour: Bool)? {
    var (width, height) = (Int32(0), Int32(0))
    guard WebPGetInfo(bytes, bytes.count, &width, &height) != 0 else { return nil }
    return (.webp, Int(width), Int(height), true)
  }

  private func readWebP(into pixels: inout [UInt8], inColour: Bool) -> Bool {
    if inColour {
      return WebPDecodeRGBInto(bytes, bytes.count, &pixels, pixels.count, Int32(width * 3)) != nil
    }
    var coloured = [UInt8](repeating: 0, count: height * width * 3)
    guard WebPDecodeRGBInto(bytes, bytes.count, &coloured, coloured.count, Int32(width * 3)) != nil
    else { return false }
    // Luma of BT.601, as JPEG's grey is.
    for index in pixels.indices {
      var sum = 500
      for (channel, weight) in [299, 587, 114].enumerated() {
        sum += weight * Int(coloured[3 * index + channel])
      }
      pixels[index] = UInt8(sum / 1_000)
    }
    return true
  }
}
