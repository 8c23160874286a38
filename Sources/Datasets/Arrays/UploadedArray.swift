import Foundation
import Tensors

/// One array of an upload, whose elements are read as often as need be.
///
/// Elements come in runs that are contiguous in row-major order. An array in Fortran order is first
/// written to a file beside the dataset, then read in tiles of 512 examples by 512 features, so that
/// neither memory nor the number of reads grows out of hand.
final class UploadedArray {
  let name: String
  let header: ArrayHeader
  private let open: () throws(DatasetError) -> any ByteSource
  private let spoolFile: URL
  private var spool: OutputFile?

  /// Elements of one run, at most.
  static let run = 1 << 15
  private static let tile = 512

  /// - Parameters:
  ///   - name: what to call it in messages.
  ///   - spoolFile: where bytes may lie meanwhile.
  ///   - open: opens the array's bytes at their start.
  init(
    name: String, spoolFile: URL, limits: ImportLimits,
    open: @escaping () throws(DatasetError) -> any ByteSource
  ) throws(DatasetError) {
    self.name = name
    self.spoolFile = spoolFile
    self.open = open
    do throws(DatasetError) {
      header = try ArrayHeader(open(), limits: limits)
    } catch {
      throw error.located(inPart: name)
    }
  }

  /// An array of which it's known what it is, whose bytes are its elements alone.
  init(
    name: String, header: ArrayHeader, spoolFile: URL,
    open: @escaping () throws(DatasetError) -> any ByteSource
  ) {
    self.name = name
    self.header = header
    self.spoolFile = spoolFile
    self.open = open
  }

  deinit {
    if spool != nil { try? FileManager.default.removeItem(at: spoolFile) }
  }

  var examples: Int { header.shape[0] }
  /// Numbers of one example.
  var width: Int { header.shape.count / header.shape[0] }

  /// Calls `body` with every run of elements and the position of its first one in row-major order.
  ///
  /// - Throws: `DatasetError` when there are fewer or more bytes than the header says.
  func forEachRun(
    _ body: (Int, UnsafeMutableBufferPointer<Double>) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    do throws(DatasetError) {
      if header.isFortran {
        try forEachTransposedRun(body)
      } else {
        try forEachSequentialRun(body)
      }
    } catch {
      throw error.located(inPart: name)
    }
  }

  /// Calls `body` with the bytes of every run of elements, in row-major order.
  ///
  /// - Precondition: the array isn't in Fortran order.
  func forEachRunOfBytes(
    _ body: (UnsafeMutableRawBufferPointer) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    do throws(DatasetError) {
      try forEachSequentialRun { (_, bytes: UnsafeMutableRawBufferPointer) throws(DatasetError) in
        try body(bytes)
      }
    } catch {
      throw error.located(inPart: name)
    }
  }

  private func forEachSequentialRun(
    _ body: (Int, UnsafeMutableRawBufferPointer) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let source = try openBody()
    let size = header.element.byteCount
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: UploadedArray.run * size, alignment: 64)
    defer { bytes.deallocate() }
    let total = header.shape.count
    var position = 0
    while position < total {
      let count = min(UploadedArray.run, total - position)
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(count * size)])
      let filled = try source.fill(part)
      guard filled == part.count else { throw truncated(position * size + filled) }
      try body(position, part)
      position += count
    }
    try checkEnd(source)
  }

  private func forEachSequentialRun(
    _ body: (Int, UnsafeMutableBufferPointer<Double>) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let values = UnsafeMutableBufferPointer<Double>.allocate(capacity: UploadedArray.run)
    values.initialize(repeating: 0)
    defer { values.deallocate() }
    let size = header.element.byteCount
    try forEachSequentialRun {
      (position, bytes: UnsafeMutableRawBufferPointer) throws(DatasetError) in
      let run = UnsafeMutableBufferPointer(rebasing: values[..<(bytes.count / size)])
      header.element.decode(UnsafeRawBufferPointer(bytes), into: run)
      try body(position, run)
    }
  }

  private func openBody() throws(DatasetError) -> any ByteSource {
    let source = try open()
    _ = try source.bytes(header.byteCount)
    return source
  }

  private func truncated(_ bytes: Int) -> DatasetError {
    DatasetError(
      .malformed,
      "is truncated: shape \(header.shape) of \(header.element.name) needs "
        + "\(header.bodyBytes) bytes after the header, and there are \(bytes); save it again",
      byte: header.byteCount + bytes)
  }

  private func checkEnd(_ source: any ByteSource) throws(DatasetError) {
    guard try source.bytes(1).isEmpty else {
      throw DatasetError(
        .malformed,
        "has more bytes than shape \(header.shape) of \(header.element.name) needs; "
          + "save it again", byte: header.byteCount + header.bodyBytes)
    }
  }

  // MARK: - Fortran order

  private func spooled() throws(DatasetError) -> OutputFile {
    if let spool { return spool }
    let source = try openBody()
    let file = try OutputFile(spoolFile)
    spool = file
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while file.count < header.bodyBytes {
      let wanted = min(buffer.count, header.bodyBytes - file.count)
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
      let filled = try source.fill(part)
      try file.append(UnsafeRawBufferPointer(rebasing: part[..<filled]))
      guard filled == wanted else { throw truncated(file.count) }
    }
    try checkEnd(source)
    try file.flush()
    return file
  }

  private func forEachTransposedRun(
    _ body: (Int, UnsafeMutableBufferPointer<Double>) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let file = try spooled()
    let tile = UploadedArray.tile
    let size = header.element.byteCount
    let examples = self.examples
    let width = self.width
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: tile * size, alignment: 64)
    let column = UnsafeMutableBufferPointer<Double>.allocate(capacity: tile)
    let values = UnsafeMutableBufferPointer<Double>.allocate(capacity: tile * tile)
    column.initialize(repeating: 0)
    values.initialize(repeating: 0)
    defer {
      bytes.deallocate()
      column.deallocate()
      values.deallocate()
    }
    for firstExample in stride(from: 0, to: examples, by: tile) {
      let height = min(tile, examples - firstExample)
      for firstFeature in stride(from: 0, to: width, by: tile) {
        let features = min(tile, width - firstFeature)
        for feature in 0..<features {
          let start = fortranPosition(ofFeature: firstFeature + feature) * examples + firstExample
          let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(height * size)])
          guard try file.read(part, at: start * size) == part.count else {
            throw DatasetError(.storage, "the spooled array became shorter; upload it again")
          }
          let run = UnsafeMutableBufferPointer(rebasing: column[..<height])
          header.element.decode(UnsafeRawBufferPointer(part), into: run)
          for row in 0..<height { values[row * features + feature] = run[row] }
        }
        if features == width {
          // The whole tile is contiguous in row-major order.
          try body(
            firstExample * width, UnsafeMutableBufferPointer(rebasing: values[..<(height * width)]))
          continue
        }
        for row in 0..<height {
          let start = row * features
          try body(
            (firstExample + row) * width + firstFeature,
            UnsafeMutableBufferPointer(rebasing: values[start..<start + features]))
        }
      }
    }
  }

  /// Where a feature, counted with the last axis fastest, lies when the first one is.
  private func fortranPosition(ofFeature feature: Int) -> Int {
    let extents = header.shape.dimensions.dropFirst()
    var rest = feature
    var position = 0
    // Horner's rule from the last axis: each step takes one axis off the row-major position.
    for extent in extents.reversed() {
      position = position * extent + rest % extent
      rest /= extent
    }
    return position
  }
}
