import Foundation
import JSON
import Tensors

/// Decodes an archive of pictures: a folder for each class, or a file `labels.csv` with the columns file and label.
///
/// No name of the archive becomes a path, and one picture is in memory at a time.
struct ImageArchiveImport {
  let file: URL
  let format: DatasetFormat
  let options: ImportOptions
  let limits: ImportLimits

  private static let labelsName = "labels.csv"

  func run(into directory: URL) throws(DatasetError) -> DecodedParts {
    try checkOptions()
    let labels = try labels()
    var classes = ClassNames()
    var first: EncodedImage?
    var other: (name: String, image: EncodedImage)?
    var hasColour = false
    try forEachImage { (name, bytes) throws(DatasetError) in
      let image = try EncodedImage(bytes, limits: limits)
      if let first, (first.height, first.width) != (image.height, image.width), other == nil {
        other = (name, image)
      }
      first = first ?? image
      hasColour = hasColour || image.hasColour
      guard classes.add(try label(of: name, labels), limits) else {
        throw DatasetError(
          .limitExceeded, "more than \(limits.images) pictures, or \(limits.classes) classes")
      }
    }
    guard let first else {
      throw DatasetError(
        .empty, "the archive holds no PNG, JPEG or WebP; put pictures into a folder for each class")
    }
    let shape = try shape(first, other, hasColour: hasColour)
    return try write(classes, shape, into: directory)
  }

  private func write(
    _ classes: ClassNames, _ shape: Shape, into directory: URL
  ) throws(DatasetError) -> DecodedParts {
    let examples = classes.ofExamples.count
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: examples)
    guard !overflow, bytes <= limits.decodedBytes else {
      throw DatasetError(
        .limitExceeded,
        "\(examples) pictures of shape \(shape) are more than \(limits.decodedBytes) bytes")
    }
    let (names, places) = classes.sorted()
    let inputs = try OutputFile(directory.appendingPathComponent(Dataset.FileName.inputs))
    let targets = try OutputFile(directory.appendingPathComponent(Dataset.FileName.targets))
    var counts = [Int](repeating: 0, count: names.count)
    var statistics = ByteStatistics()
    var index = 0
    try forEachImage { (_, bytes) throws(DatasetError) in
      guard index < examples else {
        throw DatasetError(.storage, "the archive changed while it was read; upload it again")
      }
      let example = try planar(EncodedImage(bytes, limits: limits), shape)
      let place = places[Int(classes.ofExamples[index])]
      statistics.add(example)
      try inputs.append(example)
      try targets.append([place])
      counts[Int(place)] += 1
      index += 1
    }
    try inputs.finish()
    try targets.finish()
    return DecodedParts(
      examples: examples,
      input: .init(
        shape: shape, stored: .uint8, scalings: options.scale == ScalingMethod.none ? [] : [.unit],
        statistics: statistics.summary),
      target: .classes(names: names, counts: counts), columns: [])
  }

  /// A picture as one channel after the other.
  private func planar(_ image: EncodedImage, _ shape: Shape) throws(DatasetError) -> [UInt8] {
    let (channels, height, width) = (shape[0], shape[1], shape[2])
    let pixels = try ImageResizer.resize(
      image.pixels(inColour: channels == 3), height: image.height, width: image.width,
      channels: channels, to: height, width)
    return ImageResizer.planar(pixels, channels: channels)
  }

  private func shape(
    _ first: EncodedImage, _ other: (name: String, image: EncodedImage)?, hasColour: Bool
  ) throws(DatasetError) -> Shape {
    if let shape = options.shape {
      guard shape.rank == 3, shape[0] == 1 || shape[0] == 3, shape.count <= limits.exampleElements
      else {
        throw DatasetError(
          .option, "shape \(shape) is none of a picture: channels (1 or 3), height, width")
      }
      return shape
    }
    if let other {
      let (name, image) = other
      throw DatasetError(
        .malformed,
        "has \(image.width) by \(image.height) pixels where the first has \(first.width) by \(first.height); "
          + "say shape=\(hasColour ? 3 : 1),height,width to bring all to one size", part: name)
    }
    return [hasColour ? 3 : 1, first.height, first.width]
  }

  // MARK: - Entries

  /// Calls `body` with every picture, in the archive's order.
  private func forEachImage(
    _ body: (String, [UInt8]) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let archive = try open()
    while let name = try archive.nextEntry() {
      guard isImage(name) else { continue }
      do throws(DatasetError) {
        try body(name, try entry(archive))
      } catch {
        throw error.located(inPart: String(name.prefix(200)))
      }
    }
  }

  private func entry(_ archive: ArchiveSource) throws(DatasetError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let part = try archive.bytes(1 << 16)
      bytes += part
      if part.count < 1 << 16 { return bytes }
      guard bytes.count <= limits.imageBytes else {
        throw DatasetError(.limitExceeded, "a picture of more than \(limits.imageBytes) bytes")
      }
    }
  }

  private func open() throws(DatasetError) -> ArchiveSource {
    let size = try FileSource(file).size
    return format == .imageZip
      ? try ArchiveSource(zip: file, size: size, limits: limits)
      : try ArchiveSource(tar: file, size: size, limits: limits)
  }

  /// Whether an entry is taken for a picture: not a folder, nothing hidden, nothing of macOS's.
  private func isImage(_ name: String) -> Bool {
    let parts = name.split(separator: "/")
    guard let last = parts.last, !name.hasSuffix("/"), !last.hasPrefix("."),
      !parts.contains("__MACOSX")
    else { return false }
    return [".png", ".jpg", ".jpeg", ".webp"].contains { last.lowercased().hasSuffix($0) }
  }

  // MARK: - Labels

  /// What `labels.csv` says, by the files' names; `nil` when there's none.
  private func labels() throws(DatasetError) -> [String: String]? {
    let archive = try open()
    while let name = try archive.nextEntry() {
      guard name.split(separator: "/").last.map(String.init) == Self.labelsName else { continue }
      do throws(DatasetError) {
        let reader = try CSVReader(
          archive, delimiter: options.delimiter ?? UInt8(ascii: ","), limits: limits)
        var labels: [String: String] = [:]
        while try reader.next() {
          guard reader.count == 2 else {
            throw DatasetError(
              .malformed, "has \(reader.count) fields; a file and its label", row: reader.row)
          }
          labels[reader.text(0)] = reader.text(1)
          guard labels.count <= limits.labels else {
            throw DatasetError(
              .limitExceeded, "has more than \(limits.labels) rows; use a folder for each class",
              row: reader.row)
          }
        }
        return labels
      } catch {
        throw error.located(inPart: Self.labelsName)
      }
    }
    return nil
  }

  private func label(
    of name: String, _ labels: [String: String]?
  ) throws(DatasetError) -> String {
    let parts = name.split(separator: "/").map(String.init).filter { $0 != "." }
    if let labels {
      let whole = parts.joined(separator: "/")
      if let label = labels[whole] ?? labels[parts.last ?? ""] { return label }
      throw DatasetError(.malformed, "isn't in \(Self.labelsName); add a row file,label")
    }
    guard parts.count > 1 else {
      throw DatasetError(
        .malformed, "lies in no folder, and its folder is its class; or add \(Self.labelsName)")
    }
    return parts[parts.count - 2]
  }

  private func checkOptions() throws(DatasetError) {
    if let scale = options.scale, scale != .unit, scale != ScalingMethod.none {
      throw DatasetError(
        .option, "pictures are scaled by unit (to 0…1) or none, not \(scale.rawValue)")
    }
    if !options.target.isEmpty || !options.features.isEmpty || !options.targets.isEmpty {
      throw DatasetError(
        .option, "target, features and targets mean nothing for pictures; leave them out")
    }
  }
}

/// The classes of examples, in the order in which they come first, and later by name.
private struct ClassNames {
  private var places: [String: Int32] = [:]
  /// Of each example.
  private(set) var ofExamples: [Int32] = []

  /// Takes in the class of the next example; false when there are too many.
  mutating func add(_ name: String, _ limits: ImportLimits) -> Bool {
    let next = Int32(places.count)
    let place = places[name] ?? next
    if place == next { places[name] = next }
    ofExamples.append(place)
    return ofExamples.count <= limits.images && places.count <= limits.classes
  }

  /// All names in order, and where each has come to, by the order in which they came.
  func sorted() -> (names: [String], places: [Int32]) {
    let names = places.keys.sorted {
      $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars)
    }
    var moved = [Int32](repeating: 0, count: names.count)
    for (index, name) in names.enumerated() {
      if let place = places[name] { moved[Int(place)] = Int32(index) }
    }
    return (names, moved)
  }
}
